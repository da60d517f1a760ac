import * as fs from "fs";
import * as path from "path";
import { createSecrets, prefixes } from "./rotationBench";
import { startRotationWorld, type RotationStack, type RotationWorld } from "./rotationWorld";

jest.setTimeout(300_000);

// A kill between the writes of two targets leaves them apart. What it leaves is laid out here by hand, to the byte.
describe("a write that was cut off between two targets", () => {
  let world: RotationWorld;
  let stack: RotationStack;
  let files: string[];
  let last = "";
  const read = (): string[] => files.map((file) => fs.readFileSync(file, "utf8"));
  const put = (at: number, text: string): void => fs.writeFileSync(files[at] ?? "", text, { mode: 0o600 });

  beforeAll(async () => {
    world = await startRotationWorld();
    await createSecrets(world.cluster, 10);
    files = [world.targets[0]?.file ?? "", path.join(world.dir, "second.yaml")];
    put(1, fs.readFileSync(files[0] ?? "", "utf8"));
    stack = await world.stack("cut-off");
  });
  afterAll(() => world.end());

  const args = (stopAfter?: "distribute" | "promote") => ({
    keys: { write: "2026-08" },
    targets: files.map((file) => ({ file })),
    ...(stopAfter && { stopAfter }),
  });

  test("T1: of distribute: the next preview shows the same plan, the next up finishes", async () => {
    const [plain = ""] = read();
    const planned = (await stack.preview(args("distribute"))).plans;
    await stack.up(args("distribute"));
    const [distributed = "", second] = read();
    expect(second).toBe(distributed);
    // As if killed after the first target.
    put(1, plain);
    const cutOff = await stack.preview(args("distribute"));
    expect(cutOff.plans).toEqual(planned);
    expect(cutOff.messages.join("\n")).toContain("an earlier run was writing when it was cut off");
    await stack.up(args("distribute"));
    expect(read()).toEqual([distributed, distributed]);
  });

  test("T2: of promote, seen by no server yet: it is rolled back and done again, and the rotation goes to its end", async () => {
    const [distributed = ""] = read();
    await stack.up(args("promote"));
    // As if killed after the target that no server reads.
    put(0, distributed);
    await stack.up(args());
    const [first = "", second] = read();
    expect(second).toBe(first);
    expect(await prefixes(world.cluster)).toEqual({ "k8s:enc:secretbox:v1:2026-08:": 10 });
  });

  test("T3: what somebody else left apart is refused, and told by key names", async () => {
    const [retired = ""] = read();
    put(1, retired.replace(/^( *)- identity: \{\}\n/m, "").replace("2026-08", "2025-01"));
    const message = await stack.refused(stack.preview({ ...args(), keys: { write: "2026-11", archive: ["2026-08"] } }));
    expect(message).toMatch(/the targets hold 2 different texts/);
    expect(message).toMatch(/targets\[1\] \(file .*second.yaml\): secrets: secretbox \[2025-01\]/);
    put(1, retired);
  });

  const nobody = { kms: { name: "vault", endpoint: "unix:///nowhere/kms.sock" } };
  const toNobody = { keys: { write: nobody, read: ["2026-08"] } };

  test("T4: killed right after a file that the API server rejects: preview tells that a write is unfinished", async () => {
    const [good = ""] = read();
    // What runs the phase is ended by the command that it starts right after the write.
    const reload = ["sh", "-c", "kill -9 $PPID"];
    const targets = files.map((file) => ({ file, reload }));
    await stack.refused(stack.up({ ...args(), ...toNobody, targets }));
    const [rejected = "", second] = read();
    expect(second).toBe(rejected);
    expect(rejected).not.toBe(good);
    const { plans } = await stack.preview({ ...args(), ...toNobody });
    expect(plans["distribute"]).toEqual([expect.stringMatching(/^a run was cut off after it wrote the file/)]);
    const record = await world.cluster.client.get("/api/v1/namespaces/kube-system/configmaps/encryption-key-rotation");
    for (const [bytes] of rejected.matchAll(/[A-Za-z0-9+/]{43}=/g)) expect(JSON.stringify(record)).not.toContain(bytes);
    last = good;
  });

  test("T5: the next up says so and puts the last good file back, to the byte, from the names in its record", async () => {
    const refusal = await stack.refused(stack.up({ ...args(), ...toNobody }));
    expect(refusal).toMatch(/refused the encryption configuration/);
    expect(refusal).toMatch(/the last good file is back in file .*, with which every API server runs again,/s);
    expect(read()).toEqual([last, last]);
    expect(await prefixes(world.cluster)).toEqual({ "k8s:enc:secretbox:v1:2026-08:": 10 });
  });

  test("T6: and the one after that rotates, with nothing left to fix", async () => {
    const next = { ...args(), keys: { write: "2026-11", archive: ["2026-08"] } };
    const { plans: planned } = await stack.preview(next);
    expect(planned["distribute"]).toEqual([expect.stringContaining("learns to read secretbox:2026-11")]);
    expect((await stack.up(next)).plans).toEqual(planned);
    expect(await prefixes(world.cluster)).toEqual({ "k8s:enc:secretbox:v1:2026-11:": 10 });
  });
});
