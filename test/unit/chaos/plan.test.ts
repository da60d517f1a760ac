import * as fc from "fast-check";
import { FAULTS, type FaultName } from "../../../chaos/faults";
import { faultsOf, PHASES, planOf } from "../../../chaos/plan";

const seeds = fc.integer({ min: 0, max: 1_000_000 });
const servers = fc.integer({ min: 1, max: 3 });

test("the same seed gives the same plan, to the byte; another one another", () => {
  fc.assert(
    fc.property(seeds, servers, (seed, count) =>
      expect(JSON.stringify(planOf(seed, count))).toBe(JSON.stringify(planOf(seed, count))),
    ),
  );
  const plans = Array.from({ length: 100 }, (_, seed) => JSON.stringify({ ...planOf(seed, 1), seed: 0 }));
  expect(new Set(plans).size).toBe(100);
});

test("a plan as it is written down", () => {
  expect(planOf(7, 1)).toEqual({
    seed: 7,
    servers: 1,
    kind: "rotation",
    migrator: "direct",
    isMany: false,
    throughWebhook: false,
    faults: [
      { fault: "kill API server", phase: "promote", afterMs: 1_341, forMs: 3_576, server: 0 },
      { fault: "kill pulumi", phase: "migrate", afterMs: 3_317, forMs: 0, server: 0 },
    ],
  });
});

test("a plan has one to three faults that its kind of run and its servers can meet, in the order of the phases", () => {
  fc.assert(
    fc.property(seeds, servers, (seed, count) => {
      const { kind, throughWebhook, faults } = planOf(seed, count);
      expect(faults.length).toBeGreaterThanOrEqual(1);
      expect(faults.length).toBeLessThanOrEqual(3);
      const phases = faults.map(({ phase }) => (PHASES[kind] as readonly string[]).indexOf(phase));
      expect(phases).toEqual([...phases].sort((left, right) => left - right));
      for (const { fault, forMs, server } of faults) {
        expect(faultsOf(kind, count)).toContain(fault);
        const [shortest, longest] = FAULTS[fault].lastsMs;
        expect(forMs).toBeGreaterThanOrEqual(shortest);
        expect(forMs).toBeLessThanOrEqual(longest);
        expect(server).toBeLessThan(count);
        if (fault === "kill webhook") expect(throughWebhook).toBe(true);
      }
    }),
  );
});

test("three hundred runs with three servers meet every fault, in every phase, in both kinds of run and with both migrators", () => {
  const plans = Array.from({ length: 300 }, (_, nth) => planOf(nth + 1, 3));
  const met = new Set(plans.flatMap(({ faults }) => faults.map(({ fault }) => fault)));
  expect([...met].sort()).toEqual((Object.keys(FAULTS) as FaultName[]).sort());
  const ways = new Set(
    plans.flatMap(({ kind, migrator, faults }) => faults.map(({ phase }) => `${kind} ${migrator} ${phase}`)),
  );
  expect(ways.size).toBe(2 * (PHASES.rollout.length + PHASES.rotation.length));
  const many = plans.filter(({ isMany }) => isMany).map(({ kind, migrator }) => `${kind} ${migrator}`);
  expect(new Set(many).size).toBe(4);
  expect(many.length).toBeGreaterThan(60);
  const rollouts = plans.filter(({ kind }) => kind === "rollout");
  const conversions = rollouts.map(({ isMany, throughWebhook }) => `${isMany} ${throughWebhook}`);
  expect([...new Set(conversions)].sort()).toEqual(["false true", "true false", "true true"]);
});
