import * as fs from "fs";
import * as path from "path";
import { generateEd25519, startSshd, type LocalSshd } from "../../local/sshd";
import { createSecrets, prefixes } from "./rotationBench";
import { startRotationWorld, type RotationStack, type RotationWorld } from "./rotationWorld";

jest.setTimeout(300_000);

// The API server reads the file that is reached over SSH; the one behind the commands stands for a second server's.
describe("a rotation whose targets are a host's file over SSH and two commands", () => {
  let world: RotationWorld;
  let stack: RotationStack;
  let sshd: LocalSshd;
  let printed = "";
  const file = (): string => world.targets[0]?.file ?? "";
  const beside = (name: string): string => path.join(world.dir, name);
  const read = (at: string): string => fs.readFileSync(at, "utf8");

  const targets = ({ write = `cat > "$0"`, hostKey = sshd.hostKeys.ed25519 } = {}) => [
    {
      ssh: {
        ...{ host: sshd.host, port: sshd.port, user: sshd.user, path: file(), hostKey },
        privateKey: sshd.privateKey,
      },
      reload: ["sh", "-c", `sha256sum "$1" >> "$0"`, beside("reloaded"), file()],
    },
    {
      commands: {
        read: ["cat", beside("second.yaml")],
        write: ["sh", "-c", write, beside("second.yaml")],
        name: "second server",
      },
    },
  ];
  const first = { keys: { write: "2026-08" } };
  const second = { keys: { write: "2026-11", archive: ["2026-08"] } };

  beforeAll(async () => {
    world = await startRotationWorld();
    await createSecrets(world.cluster, 10);
    fs.copyFileSync(file(), beside("second.yaml"));
    sshd = await startSshd(beside("sshd"));
    stack = await world.stack("ssh");
  });
  afterAll(async () => {
    await sshd.stop();
    await world.end();
  });

  test("T1: preview reads both and writes neither; `up` writes both, to the same bytes, and runs the reload command on the host after each write", async () => {
    const before = read(file());
    const preview = await stack.preview({ ...first, targets: targets() });
    expect(Object.keys(preview.plans)).toEqual(["distribute", "promote", "migrate", "retire"]);
    expect(read(file())).toBe(before);
    const run = await stack.up({ ...first, targets: targets() });
    printed += preview.everything + run.everything;
    expect(run.plans).toEqual(preview.plans);
    expect(await prefixes(world.cluster)).toEqual({ "k8s:enc:secretbox:v1:2026-08:": 10 });
    expect(read(beside("second.yaml"))).toBe(read(file()));
    expect(read(file())).not.toBe(before);
    // Three files of different bytes: distribute's, promote's, retire's.
    const hashes = read(beside("reloaded")).trimEnd().split("\n");
    expect(new Set(hashes).size).toBe(3);
    expect(`sha256:${hashes[2]?.slice(0, 64)}`).toBe(run.outputs["configHash"]);
  });

  test("T2: unchanged, preview shows nothing; the private key is in clear neither in the state nor in what was printed", async () => {
    const run = await stack.preview({ ...first, targets: targets() });
    expect(new Set(Object.values(run.operations))).toEqual(new Set(["same"]));
    printed += run.everything;
    for (const line of secretLines(sshd.privateKey)) {
      expect([printed.includes(line), stack.state().includes(line)]).toEqual([false, false]);
    }
  });

  test("T3: where one target takes no file, the other gets back what it held, and the error names the one that failed", async () => {
    const before = read(file());
    const refusal = await stack.refused(stack.up({ ...second, targets: targets({ write: "exit 3" }) }));
    expect(refusal).toMatch(/targets\[1\] \(commands second server\): .*"sh" ended with exit code 3/);
    expect(refusal).toContain("Every target holds what it held before");
    expect([read(file()), read(beside("second.yaml"))]).toEqual([before, before]);
  });

  test("T4: a host with another key than the pinned one is refused at preview", async () => {
    const hostKey = generateEd25519().public;
    const refusal = await stack.refused(stack.preview({ ...second, targets: targets({ hostKey }) }));
    expect(refusal).toMatch(/is not the pinned one: found ssh-ed25519 SHA256:/);
  });

  test("T5: the next `up` rotates on both", async () => {
    await stack.up({ ...second, targets: targets() });
    expect(await prefixes(world.cluster)).toEqual({ "k8s:enc:secretbox:v1:2026-11:": 10 });
    expect(read(beside("second.yaml"))).toBe(read(file()));
    expect(read(file())).not.toContain("2026-08");
  });
});

/** Each line of it but the frame: in the state, line ends are escaped. */
function secretLines(privateKey: string): string[] {
  const lines = privateKey.split("\n").filter((line) => line.length > 20 && !line.startsWith("-----"));
  expect(lines.length).toBeGreaterThan(2);
  return lines;
}
