import type { Plan } from "../../../chaos/plan";
import { closing, counts, describePlan, howToRepeat, lines, reasonOf } from "../../../chaos/report";
import type { Verdict } from "../../../chaos/run";

const plan: Plan = {
  seed: 7,
  servers: 3,
  kind: "rotation",
  migrator: "default",
  isMany: false,
  throughWebhook: false,
  faults: [
    { fault: "kill etcd", phase: "promote", afterMs: 1_200, forMs: 0, server: 0 },
    { fault: "pause API server", phase: "migrate", afterMs: 0, forMs: 16_000, server: 1 },
  ],
};
const passed: Verdict = { plan, seconds: 61.4, met: ["kill etcd"], reasons: [], operations: 900, wrong: [] };

test("the line of a run that passed: seed, faults and their moments, seconds, and what came too late", () => {
  expect(lines(passed)).toEqual([
    "seed 7: passed: rotation (default), 3 servers: kill etcd in promote + 1.2 s; pause API server 2 in migrate + 0.0 s for 16.0 s: 61 s, 1 × up, 900 operations, 1 of 2 faults came too late",
  ]);
});

test("a run of many objects says so, and which rollout has no webhook", () => {
  expect(describePlan({ ...plan, isMany: true })).toMatch(/^rotation \(default\), 3 servers, many objects: kill etcd/);
  expect(describePlan({ ...plan, kind: "rollout", isMany: true })).toContain(", many objects, conversion None: ");
  const rollout = describePlan({ ...plan, kind: "rollout", isMany: true, throughWebhook: true });
  expect(rollout).toMatch(/^rollout \(default\), 3 servers, many objects: kill etcd/);
});

test("a run that failed names each reason and the first ten things that are wrong", () => {
  const wrong = Array.from({ length: 12 }, (_, nth) => `thing ${nth}`);
  const told = lines({ ...passed, reasons: ["no answer"], wrong });
  expect(told[0]).toContain("FAILED");
  expect(told[1]).toBe("    up stopped: no answer");
  expect(told.slice(-2)).toEqual(["    wrong: thing 9", "    … and 2 more"]);
});

test("how a run is repeated, and what closes them all", () => {
  expect(howToRepeat(plan)).toBe("npm run chaos -- --runs 1 --seed 7 --servers 3");
  expect(howToRepeat({ ...plan, servers: 1 })).toBe("npm run chaos -- --runs 1 --seed 7");
  expect(closing(3, 1)).toBe("3 passed, 1 failed");
});

test("counts by fault: those that met a run, and how many of these failed", () => {
  expect(counts([passed, { ...passed, wrong: ["lost"] }])).toEqual([
    "fault      runs  failed",
    "kill etcd     2       1",
  ]);
});

test("the reason of an up is what its phase said, else what the engine did, not that the update failed", () => {
  const ofPhase = [
    "subject-store updating (1s) error: 1 error occurred:",
    "Diagnostics:",
    "  subject-store:",
    "    error: 1 error occurred:",
    "    \t* the API server gave no answer",
    "          next: run it again",
    "    error: update failed",
  ].join("\n");
  expect(reasonOf(ofPhase)).toBe("the API server gave no answer");
  expect(reasonOf("  error: update failed\n  error: an unhandled error occurred: -1\n")).toBe(
    "an unhandled error occurred: -1",
  );
  expect(reasonOf("Updating (chaos):\n")).toBe("Updating (chaos):");
});
