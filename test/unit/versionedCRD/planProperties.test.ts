import * as fc from "fast-check";
import { storageVersion, type Definition, type Version } from "../../../components/crd/definition";
import { OWNER_ANNOTATION, PROOF_ANNOTATION, REHEARSAL_ANNOTATION } from "../../../components/crd/names";
import { currentOutputs } from "../../../components/versionedCRD/currentOutputs";
import { expectedBeforeStore, expectedOutputs } from "../../../components/versionedCRD/expectedOutputs";
import { PHASES, type PhaseName } from "../../../components/versionedCRD/phase";
import { planServe } from "../../../components/versionedCRD/plan";
import { whyProven } from "../../../components/migration/definition/proof";
import { applied, editedByOther } from "../apiServer";
import { OWNER, withMetadata, withSpec, withStored } from "../fixtures";
import { NAMES, wanted } from "../generatedManifests";
import { annotated, plans, proofOf, ran, ranUpTo, rehearsal } from "./rollout";
import { isWebhookConversion } from "../../../components/crd/conversion";

const EVENTS = ["edited", "proven", "foreign proof", "old proof", "restored", "damaged", "rehearsed"] as const;

interface Situation {
  live: Definition | undefined;
  manifest: Definition;
  stopAfter: PhaseName;
  /** An earlier run got this far with another manifest: only its shortNames differ where `isTweak`. */
  earlier: PhaseName | undefined;
  isTweak: boolean;
}

/** A live definition with a past: ours or someone else's, with whatever stands in storedVersions and annotations. */
const situation: fc.Arbitrary<Situation> = fc
  .record({
    exists: fc.boolean().map((no) => !no),
    past: wanted,
    next: wanted,
    keeps: fc.boolean(),
    isOurs: fc.boolean(),
    events: fc.array(fc.constantFrom(...EVENTS), { maxLength: 4 }),
    storedVersions: fc.option(fc.shuffledSubarray(NAMES), { nil: undefined }),
    stopAfter: fc.constantFrom(...PHASES),
    earlier: fc.option(fc.constantFrom(...PHASES), { nil: undefined }),
    isTweak: fc.boolean(),
  })
  .map(({ exists, past, next, keeps, isOurs, events, storedVersions, ...more }) => {
    const target = keeps ? past : next;
    if (!exists) return { live: undefined, manifest: target, ...more };
    const annotations = { [OWNER_ANNOTATION]: OWNER };
    const created = applied(undefined, isOurs ? withMetadata(past, { annotations }) : past);
    const start = isOurs ? created : withMetadata(created, { managedFields: [{ manager: "kubectl" }] });
    const live = events.reduce((definition, event) => happened(event, definition, target), start);
    const stored = new Set([...(storedVersions ?? []), storageVersion(live)]);
    return { live: withStored(live, ...stored), manifest: target, ...more };
  });

function happened(event: (typeof EVENTS)[number], live: Definition, target: Definition): Definition {
  const proof = proofOf(live);
  switch (event) {
    case "edited":
      return editedByOther(live, { names: { ...live.spec.names, categories: [String(live.metadata.generation)] } });
    case "proven":
      return annotated(live, PROOF_ANNOTATION, proof);
    case "foreign proof":
      return annotated(live, PROOF_ANNOTATION, { ...proof, uid: "uid-of-another-cluster", resourceVersion: "9999" });
    case "old proof":
      return annotated(live, PROOF_ANNOTATION, { ...proof, generation: proof.generation - 1 });
    case "restored": // where the definition alone proves it, the record does not count
      if (whyProven(live, "0") !== undefined) return live;
      return annotated(live, PROOF_ANNOTATION, { ...proof, resourceVersion: "9999" });
    case "damaged":
      return annotated(live, PROOF_ANNOTATION, "damaged");
    case "rehearsed": // only ever recorded on what serve has applied
      if (planServe(live, target, OWNER).length > 0) return live;
      return annotated(live, REHEARSAL_ANNOTATION, rehearsal(live, target));
  }
}

/** The cluster and the manifest at the start of a run. */
async function start({ live, manifest: target, earlier, isTweak }: Situation): Promise<[typeof live, Definition]> {
  if (earlier === undefined) return [live, target];
  const names = { ...target.spec.names, ...(isTweak && { shortNames: ["tweaked"] }) };
  return [await ranUpTo(earlier, live, target), withSpec(target, { names })];
}

const RUNS = { numRuns: Number(process.env["FC_RUNS"] ?? 300) }; // the whole file in seconds

test("every phase plans before the run what it plans when its turn has come", async () => {
  await fc.assert(
    fc.asyncProperty(situation, async (given) => {
      const [live, target] = await start(given);
      const { stopAfter } = given;
      const before = plans(live, target, stopAfter);
      let now = live;
      for (const phase of PHASES) {
        expect([phase, plans(now, target, stopAfter)[phase]]).toEqual([phase, before[phase]]);
        if (PHASES.indexOf(phase) <= PHASES.indexOf(stopAfter)) now = await ran(phase, now, target, stopAfter);
      }
    }),
    RUNS,
  );
});

test("what preview expects a phase to record is so when its turn has come, and is what it records", async () => {
  const expected = (phase: PhaseName, live: Definition | undefined, storage: string): object =>
    ["serve", "rehearse"].includes(phase) ? expectedBeforeStore(live, storage) : expectedOutputs(live, storage);
  await fc.assert(
    fc.asyncProperty(situation, async (given) => {
      const [live, target] = await start(given);
      const storage = storageVersion(target);
      let now = live;
      for (const phase of PHASES.slice(0, PHASES.indexOf("drop"))) {
        const before = expected(phase, live, storage);
        expect([phase, expected(phase, now, storage)]).toEqual([phase, before]);
        now = await ran(phase, now, target);
        expect([phase, now && currentOutputs(now)]).toMatchObject([phase, before]);
      }
    }),
    RUNS,
  );
});

test("after a run the phases that ran have nothing left to do", async () => {
  await fc.assert(
    fc.asyncProperty(situation, async (given) => {
      const [live, target] = await start(given);
      const { stopAfter } = given;
      const after = plans(await ranUpTo(stopAfter, live, target), target, stopAfter);
      for (const phase of PHASES.slice(0, PHASES.indexOf(stopAfter) + 1))
        expect([phase, after[phase]]).toEqual([phase, []]);
    }),
    RUNS,
  );
});

test("after a whole run the definition is the manifest's: versions, storage, conversion, storedVersions", async () => {
  await fc.assert(
    fc.asyncProperty(situation, async (given) => {
      const [live, target] = await start(given);
      const after = (await ranUpTo("drop", live, target)) as Definition;
      expect(byName(after.spec.versions)).toEqual(byName(target.spec.versions));
      expect(after.status?.storedVersions).toEqual([storageVersion(target)]);
      if (isWebhookConversion(target.spec.conversion)) expect(after.spec.conversion).toEqual(target.spec.conversion);
    }),
    RUNS,
  );
});

test("no phase before drop takes a live version away, and only store moves storage", async () => {
  await fc.assert(
    fc.asyncProperty(situation, async (given) => {
      const [live, target] = await start(given);
      let now = live;
      for (const phase of ["serve", "rehearse", "store", "migrate"] as const) {
        const before = now;
        now = await ran(phase, before, target);
        if (before === undefined || now === undefined) continue;
        const names = now.spec.versions.map(({ name }) => name);
        expect(names).toEqual(expect.arrayContaining(before.spec.versions.map(({ name }) => name)));
        if (phase !== "store") expect(storageVersion(now)).toBe(storageVersion(before));
      }
    }),
    RUNS,
  );
});

test("planning twice, also with the keys in another order, gives the same bytes", () => {
  fc.assert(
    fc.property(situation, ({ live, manifest: target, stopAfter }) => {
      const once = JSON.stringify(plans(live, target, stopAfter));
      expect(JSON.stringify(plans(live, target, stopAfter))).toBe(once);
      expect(JSON.stringify(plans(reversed(live), reversed(target), stopAfter))).toBe(once);
    }),
    RUNS,
  );
});

test("planServe is empty exactly when an apply would change nothing of ours", () => {
  fc.assert(
    fc.property(wanted, (target) => {
      const intent = withMetadata(target, { annotations: { [OWNER_ANNOTATION]: OWNER } });
      expect(planServe(applied(undefined, intent), target, OWNER)).toEqual([]);
    }),
    RUNS,
  );
});

function byName(list: Version[]): Version[] {
  return [...list].sort((left, right) => left.name.localeCompare(right.name));
}

/** The same value with its keys the other way round, as another client would have sent it. */
function reversed<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => reversed(item)) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([key, child]) => [key, reversed<unknown>(child)])) as T;
}
