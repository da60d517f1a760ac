import { spawn } from "child_process";
import { checkout } from "../../local/checkout";

jest.setTimeout(600_000);

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** `npm run chaos`, without what it prepares: that is prepared. */
function chaos(...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [checkout("dist", "chaos", "index.js"), ...args], { cwd: checkout() });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, output })));
}

/** Two of the many that docs/chaos.md tells of, side by side: most of a run is waiting. */
describe("under readers and writers, through the faults of a seed, nothing is lost", () => {
  const ofSeed = (seed: string): Promise<Ended> => chaos("--runs", "1", "--seed", seed);
  let runs: Record<"rollout" | "rotation", Promise<Ended>>;
  beforeAll(() => {
    runs = { rollout: ofSeed("6145"), rotation: ofSeed("14557") };
  });

  test("a rollout in which an API server, etcd and pulumi are killed", async () => {
    const { code, output } = await runs.rollout;
    expect(output).toMatch(/seed 6145: rollout .*kill etcd .*kill API server .*kill pulumi .*\n1 passed, 0 failed\n$/s);
    expect(code).toBe(0);
  });

  test("a rotation of many Secrets, rewritten ahead, in which an API server and pulumi are killed", async () => {
    const { code, output } = await runs.rotation;
    expect(output).toMatch(
      /seed 14557: rotation .*many objects: kill API server .*kill pulumi .*\n1 passed, 0 failed\n$/s,
    );
    expect(code).toBe(0);
  });
});

test("what is no number is refused, with an exit code", async () => {
  const { code, output } = await chaos("--runs", "many");
  expect([code, output]).toEqual([1, expect.stringContaining('--runs is "many"; expected a whole number from 1')]);
});
