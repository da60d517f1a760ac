import type { ChildProcess } from "child_process";
import * as fs from "fs";
import * as path from "path";
import { CliProgram } from "./cli";
import { descendants, hasEnded } from "../../local/descendants";
import { startWorld, type World } from "./harness";
import { createObjects, definitionPath, group, manifest, objectPath, plural, resource } from "./selfies";

jest.setTimeout(600_000);

const UP = ["up", "--yes", "--skip-preview"];
const PHASES = ["serve", "rehearse", "store", "migrate", "drop"] as const;
const lockPath =
  "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/storage-migration-selfierequests.stable.example.com";

/** Waits until the lock of the CRD says that this phase is at work: the phases tell who they are in holderIdentity. */
async function atWork(world: World, phase: string, child: ChildProcess): Promise<void> {
  for (;;) {
    const lease = await world.cluster.client.send("GET", lockPath);
    const holder = (lease.body as { spec?: { holderIdentity?: string } }).spec?.holderIdentity ?? "";
    if (lease.status === 200 && holder.startsWith(`${phase} of`)) return;
    if (child.exitCode !== null) throw new Error(`pulumi ended before ${phase} was seen at work`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The plugin process of the dynamic provider below a running CLI. */
function pluginOf(pid: number): number[] {
  return descendants(pid).filter((child) =>
    fs.readFileSync(`/proc/${child}/cmdline`, "utf8").includes("dynamic-provider"),
  );
}

async function killAt(world: World, program: CliProgram, phase: string, victim: "CLI" | "plugin"): Promise<void> {
  const child = program.start(...UP);
  child.stdout?.resume();
  child.stderr?.resume();
  const closed = new Promise((resolve) => child.once("close", resolve));
  await atWork(world, phase, child);
  const pid = child.pid ?? 0;
  const plugins = pluginOf(pid);
  expect(plugins).toHaveLength(1);
  for (const each of victim === "CLI" ? [pid] : plugins) process.kill(each, "SIGKILL");
  await closed;
  // A plugin must not outlive its engine for long: nobody would see what it goes on doing.
  for (const each of plugins) await hasEnded(each);
}

describe.each(["CLI", "plugin"] as const)(
  "killed with -9 (%s) in any phase, the next `pulumi up` finishes",
  (victim) => {
    let world: World;
    let program: CliProgram;

    beforeAll(async () => {
      world = await startWorld([resource]);
      program = await CliProgram.create(`killed-${victim}`);
      const configure = (crd: object): void =>
        program.configure({
          cluster: { kubeconfig: world.kubeconfig },
          crds: [{ name: "selfies", requestTimeoutSeconds: 3, ...crd }],
        });
      configure({ file: manifest("v1") });
      await program.run(...UP);
      await createObjects(world.cluster.client, 300);
      const webhook = await world.webhook();
      const caBundleFile = path.join(path.dirname(world.kubeconfig), "webhook-ca.pem");
      fs.writeFileSync(caBundleFile, webhook.caBundle);
      configure({ file: manifest("v2"), conversion: { url: webhook.url, caBundleFile } });
    });
    afterAll(async () => {
      await world.end();
      program.end();
    });

    test.each(PHASES)("killed in %s", async (phase) => {
      await killAt(world, program, phase, victim);
      await program.cancel();
    });

    test("the next `pulumi up` finishes: v1 is gone, every object is v2 and reads", async () => {
      await program.run(...UP);
      const live = await world.cluster.client.get(definitionPath);
      expect(live.spec.versions.map(({ name }: { name: string }) => name)).toEqual(["v2"]);
      expect(live.status.storedVersions).toEqual(["v2"]);
      expect((await world.cluster.client.get(objectPath("v2"))).items).toHaveLength(300);
      const stored = Object.values(await world.stored(group, plural));
      expect(stored).toHaveLength(300);
      expect(new Set(stored)).toEqual(new Set([`${group}/v2`]));
      const preview = await program.run("preview", "--expect-no-changes");
      expect(preview).toMatch(/unchanged/);
    });
  },
);
