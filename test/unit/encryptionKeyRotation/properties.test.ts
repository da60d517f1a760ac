import * as fc from "fast-check";
import { acceptedByApiServer } from "../../../components/encryptionKeyRotation/checks/acceptedByApiServer";
import { checkRotation } from "../../../components/encryptionKeyRotation/checks/checkRotation";
import type { EncryptionConfiguration } from "../../../components/encryptionKeyRotation/configuration/configuration";
import { keyEntriesOf, type KeyEntry } from "../../../components/encryptionKeyRotation/configuration/keyEntries";
import { labelKeyName } from "../../../components/encryptionKeyRotation/configuration/keyNames";
import { parseConfiguration } from "../../../components/encryptionKeyRotation/configuration/parseConfiguration";
import {
  renderConfiguration,
  isRenderedAlike,
} from "../../../components/encryptionKeyRotation/configuration/renderConfiguration";
import { isReachedByResourcePatterns } from "../../../components/encryptionKeyRotation/configuration/resourcePatterns";
import {
  effectiveKeyOrder,
  effectiveProviders,
  isEffectiveWriteKeyKept,
} from "../../../components/encryptionKeyRotation/configuration/effectiveKeys";
import type { DesiredKeys } from "../../../components/encryptionKeyRotation/desiredKeys";
import {
  planDistribute,
  planRotationMigrate,
  planPromote,
  planRetire,
} from "../../../components/encryptionKeyRotation/plan";
import { after, files, materialFor, RESOURCES, rotations, STAGES } from "./situations";

const runs = { numRuns: 150 };

interface Situation {
  live: EncryptionConfiguration;
  desired: DesiredKeys;
}

/** Only what the checks let through: what they refuse never gets to a stage. */
const situations: fc.Arbitrary<Situation> = fc
  .record({ live: files, desired: rotations })
  .filter(({ live, desired }) => checkRotation(live, desired, materialFor(desired)).errors.length === 0);

/** live, after distribute, after promote, after retire. */
function files4({ live, desired }: Situation): EncryptionConfiguration[] {
  return STAGES.reduce<EncryptionConfiguration[]>(
    (all, stage) => [...all, after(stage, all[all.length - 1] ?? live, desired)],
    [live],
  );
}

function canRead(configuration: EncryptionConfiguration, resource: string, written: KeyEntry): boolean {
  const there = keyEntriesOf(effectiveProviders(configuration, resource));
  return there.some((each) => JSON.stringify(each) === JSON.stringify(written));
}

function writer(configuration: EncryptionConfiguration, resource: string): KeyEntry {
  const [first] = keyEntriesOf(effectiveProviders(configuration, resource));
  if (first === undefined) throw new Error("no provider writes");
  return first;
}

describe("a file", () => {
  test("is read as it was rendered, and rendered as it was read", () => {
    fc.assert(
      fc.property(files, (configuration) => {
        const text = renderConfiguration(configuration);
        expect(parseConfiguration(text, "file x")).toEqual(configuration);
        expect(renderConfiguration(parseConfiguration(text, "file x"))).toBe(text);
      }),
      runs,
    );
  });

  test("keeps any name, whatever YAML would take it for", () => {
    const names = fc.oneof(
      fc.string({ unit: "grapheme", minLength: 1 }),
      fc.constantFrom("2026", "2026-11-01", "null", "no", "~", "1e3", "12:30", "\u2028", "\u0085", "😀", "- a", "#"),
    );
    fc.assert(
      fc.property(names, (name) => {
        const keys = [{ name, secret: Buffer.alloc(32).toString("base64") }];
        const one = { entries: [{ resources: ["secrets"], providers: [{ kind: "secretbox" as const, keys }] }] };
        const text = renderConfiguration(one);
        expect(parseConfiguration(text, "file x")).toEqual(one);
        expect(text).toMatch(/^[\x20-\x7e\n]*$/);
      }),
      runs,
    );
  });
});

describe("at every stage", () => {
  test("whatever any server may have written so far, every server reads, be it one file behind or not", () => {
    fc.assert(
      fc.property(situations, fc.constantFrom(...RESOURCES), (situation, resource) => {
        const [live, distributed, promoted, retired] = files4(situation) as [
          EncryptionConfiguration,
          EncryptionConfiguration,
          EncryptionConfiguration,
          EncryptionConfiguration,
        ];
        // Before the rotation, objects may stand under whatever the file reads.
        const past = keyEntriesOf(effectiveProviders(live, resource));
        for (const [index, configuration] of [live, distributed, promoted].entries()) {
          const next = [distributed, promoted, promoted][index] ?? promoted;
          for (const written of [...past, writer(configuration, resource), writer(next, resource)]) {
            expect(canRead(next, resource, written)).toBe(true);
            // A server that lags still has this one while another writes by the next.
            if (!past.includes(written)) expect(canRead(configuration, resource, written)).toBe(true);
          }
        }
        // Migrate lies in between: what is left was written by promoted or retired.
        expect(canRead(retired, resource, writer(promoted, resource))).toBe(true);
        expect(canRead(promoted, resource, writer(retired, resource))).toBe(true);
      }),
      runs,
    );
  });

  test("a resource that is not ours keeps its providers", () => {
    fc.assert(
      fc.property(situations, fc.constantFrom(...RESOURCES), (situation, resource) => {
        const { live, desired } = situation;
        fc.pre(!isReachedByResourcePatterns(live, desired.resources, resource));
        for (const each of files4(situation))
          expect(effectiveProviders(each, resource)).toEqual(effectiveProviders(live, resource));
      }),
      runs,
    );
  });

  test("a resource of ours ends with the desired key first, and with the desired keys alone", () => {
    fc.assert(
      fc.property(situations, fc.constantFrom(...RESOURCES), (situation, resource) => {
        const { live, desired } = situation;
        fc.pre(isReachedByResourcePatterns(live, desired.resources, resource));
        const retired = files4(situation)[3];
        const order = effectiveKeyOrder(retired ?? live, resource).map(labelKeyName);
        expect(order[0]).toBe(labelKeyName(desired.write));
        expect(new Set(order)).toEqual(new Set([desired.write, ...desired.read].map(labelKeyName)));
      }),
      runs,
    );
  });

  test("the API server takes the file", () => {
    fc.assert(
      fc.property(situations, (situation) => {
        for (const each of files4(situation)) expect(acceptedByApiServer(each)).toEqual([]);
      }),
      runs,
    );
  });

  test("a proof is kept exactly while the key that writes is the same", () => {
    fc.assert(
      fc.property(situations, fc.constantFrom(...RESOURCES), (situation, resource) => {
        const all = files4(situation);
        all.slice(1).forEach((next, index) => {
          const before = all[index] ?? situation.live;
          const same = labelKeyName(writer(before, resource)) === labelKeyName(writer(next, resource));
          expect(isEffectiveWriteKeyKept(before, next, resource)).toBe(same);
        });
      }),
      runs,
    );
  });
});

function plans(live: EncryptionConfiguration, desired: DesiredKeys, proven: string[]): string[][] {
  const resources = RESOURCES.filter((each) => isReachedByResourcePatterns(live, desired.resources, each));
  return [
    planDistribute(live, desired),
    planPromote(live, desired),
    planRotationMigrate(live, desired, { resources, proven, how: "directly" }),
    planRetire(live, desired),
  ];
}

/** Records that are still valid after the file went from live to this one. */
function kept(live: EncryptionConfiguration, now: EncryptionConfiguration, proven: string[]): string[] {
  return proven.filter((resource) => isEffectiveWriteKeyKept(live, now, resource));
}

/** A proof speaks for one write key. */
function recorded(live: EncryptionConfiguration, desired: DesiredKeys): string[] {
  return RESOURCES.filter((each) => labelKeyName(writer(live, each)) === labelKeyName(desired.write));
}

describe("plans", () => {
  test("a phase's plan in preview is its plan in up, after the phases before it ran", () => {
    fc.assert(
      fc.property(situations, fc.subarray(RESOURCES), (situation, some) => {
        const { live, desired } = situation;
        const proven = recorded(live, desired).filter((each) => some.includes(each));
        const preview = plans(live, desired, proven);
        const [, distributed, promoted] = files4(situation) as [
          EncryptionConfiguration,
          EncryptionConfiguration,
          EncryptionConfiguration,
        ];
        expect(plans(distributed, desired, kept(live, distributed, proven))[1]).toEqual(preview[1]);
        expect(plans(promoted, desired, kept(live, promoted, proven))[2]).toEqual(preview[2]);
        expect(plans(promoted, desired, RESOURCES)[3]).toEqual(preview[3]);
      }),
      runs,
    );
  });

  test("a finished rotation plans nothing and changes no byte", () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const { desired } = situation;
        const done = files4(situation)[3] ?? situation.live;
        expect(plans(done, desired, RESOURCES)).toEqual([[], [], [], []]);
        for (const stage of STAGES) expect(after(stage, done, desired)).toBe(done);
      }),
      runs,
    );
  });

  test("a plan of an edit is empty exactly when the edit changes nothing", () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const { live, desired } = situation;
        const all = files4(situation);
        const [distribute, promote, , retire] = plans(live, desired, []);
        [distribute, promote, retire].forEach((plan, index) => {
          const same = isRenderedAlike(all[index] ?? live, all[index + 1] ?? live);
          expect(plan?.length === 0).toBe(same);
        });
      }),
      runs,
    );
  });

  test("one that was interrupted after any stage goes on to the same end", () => {
    fc.assert(
      fc.property(situations, fc.nat(3), (situation, stopped) => {
        const { desired } = situation;
        const all = files4(situation);
        const again = files4({ live: all[stopped] ?? situation.live, desired });
        expect(again[3]).toEqual(all[3]);
      }),
      runs,
    );
  });

  test("a second rotation begun while one is unfinished keeps readable all that the first may have written", () => {
    const two = fc.tuple(situations, rotations, fc.integer({ min: 1, max: 2 }));
    fc.assert(
      fc.property(two, fc.constantFrom(...RESOURCES), ([first, second, stopped], resource) => {
        const reached = files4(first);
        const live = reached[stopped] ?? first.live;
        fc.pre(checkRotation(live, second, materialFor(second)).errors.length === 0);
        const written = reached.slice(0, stopped + 1).map((each) => writer(each, resource));
        const past = keyEntriesOf(effectiveProviders(first.live, resource));
        for (const each of files4({ live, desired: second }).slice(0, 3))
          for (const one of [...past, ...written]) expect(canRead(each, resource, one)).toBe(true);
      }),
      runs,
    );
  });

  test("no plan, label or finding holds a secret", () => {
    fc.assert(
      fc.property(fc.record({ live: files, desired: rotations }), ({ live, desired }) => {
        const found = checkRotation(live, desired, materialFor(desired));
        const text = JSON.stringify([found, found.errors.length === 0 ? plans(live, desired, []) : []]);
        for (const { providers } of live.entries)
          for (const each of keyEntriesOf(providers)) if ("key" in each) expect(text).not.toContain(each.key.secret);
        for (const secret of Object.values(materialFor(desired))) expect(text).not.toContain(secret);
      }),
      runs,
    );
  });
});
