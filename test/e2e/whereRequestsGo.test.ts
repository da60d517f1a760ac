import { execFile } from "child_process";
import * as fs from "fs";
import * as path from "path";
import { promisify } from "util";
import { CliProgram } from "./cli";
import { startWorld, type World } from "./harness";
import { createObjects, definitionPath, group, manifest, plural, resource } from "./selfies";
import { ownNetwork, watchNetwork, type WatchedNetwork } from "./watchedNetwork";

jest.setTimeout(300_000);

const UP = ["up", "--yes", "--skip-preview"];
const refused = "refused" in ownNetwork ? ownNetwork.refused : undefined;
const watched = refused === undefined ? describe : describe.skip;
const condition = refused === undefined ? "" : ` (needs a network namespace: ${refused})`;

/** SECURITY.md, "No telemetry": the CLI, its language host, the program, our provider and all that they start are in there. */
watched(`in a network in which every address answers for itself, and is seen${condition}`, () => {
  let world: World;
  let network: WatchedNetwork;
  let program: CliProgram;
  let configure: (crd: object) => void;

  beforeAll(async () => {
    if ("refused" in ownNetwork) return;
    world = await startWorld([resource]);
    const webhook = await world.webhook();
    network = await watchNetwork(world.cluster, ownNetwork, [Number(new URL(world.cluster.server).port), webhook.port]);
    program = await CliProgram.create("watched", { through: network.launch });
    const caBundleFile = path.join(path.dirname(world.kubeconfig), "webhook-ca.pem");
    fs.writeFileSync(caBundleFile, webhook.caBundle);
    const conversion = { url: webhook.url, caBundleFile };
    configure = (crd) =>
      program.configure({
        cluster: { kubeconfig: world.kubeconfig },
        crds: [{ name: "selfies", requestTimeoutSeconds: 3, conversion, ...crd }],
      });
  });
  afterAll(async () => {
    await world?.end();
    program?.end();
  });

  test("T1: preview, the first `up` and the whole rollout send nothing but to the API server and the webhook", async () => {
    configure({ file: manifest("v1"), conversion: undefined });
    await program.run(...UP);
    await createObjects(world.cluster.client, 20);
    configure({ file: manifest("v2") });
    await program.run("preview");
    await program.run(...UP);
    const live = await world.cluster.client.get(definitionPath);
    expect(live.spec.versions.map(({ name }: { name: string }) => name)).toEqual(["v2"]);
    expect(new Set(Object.values(await world.stored(group, plural)))).toEqual(new Set([`${group}/v2`]));
    expect(network.seen()).toEqual([]);
  });

  test("T2: neither does what comes after it: refresh, a preview without changes, destroy", async () => {
    await program.run("refresh", "--yes");
    await program.run("preview", "--expect-no-changes");
    await program.run("destroy", "--yes", "--skip-preview");
    expect(network.seen()).toEqual([]);
  });

  test("T3: whatever else was sent in there would have been seen: a name, an address of either family, a datagram", async () => {
    const script = `
      const [net, dgram] = [require("net"), require("dgram")];
      fetch("https://usage.example.com/").catch(() => undefined);
      for (const host of ["203.0.113.7", "2001:db8::7"]) net.connect(443, host).on("error", () => undefined);
      const datagram = dgram.createSocket("udp4");
      datagram.send("hello", 123, "203.0.113.8", () => datagram.close());
    `;
    const [command = "", ...args] = [...network.launch, process.execPath, "-e", script];
    await promisify(execFile)(command, args);
    const expected = ["tcp 203.0.113.7:443", "tcp [2001:db8::7]:443", "udp 203.0.113.8:123"];
    expect(network.seen()).toEqual(expect.arrayContaining(expected));
    expect(network.seen()).toContainEqual(expect.stringMatching(/^name usage\.example\.com, asked of /));
  });
});
