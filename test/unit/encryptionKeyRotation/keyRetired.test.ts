import * as fc from "fast-check";
import type { KeyAcknowledgement } from "../../../components";
import type { EncryptionConfiguration } from "../../../components/encryptionKeyRotation/configuration/configuration";
import type { DesiredKeys } from "../../../components/encryptionKeyRotation/desiredKeys";
import type { RetireInputs } from "../../../components/encryptionKeyRotation/inputs";
import { planRetire, planRetiredKeys } from "../../../components/encryptionKeyRotation/plan";
import { retire } from "../../../components/encryptionKeyRotation/retire/retire";
import { after, entry, file, files, rotations, want } from "./situations";

const live = file(entry("secrets", "secretbox:2026-08 identity"), entry("configmaps", "aescbc:key1 identity"));
const both = want("secrets configmaps", "secretbox:2026-11");

const word = (path: string): KeyAcknowledgement => ({ check: "key-retired", path, reason: "no backup needs it" });

/** retire's preview, which asks no cluster. */
function previewed(
  desired: DesiredKeys,
  more: Partial<RetireInputs>,
  configuration: EncryptionConfiguration = live,
): ReturnType<typeof retire.preview> {
  const inputs = { rotation: "secrets", desired, ...more } as RetireInputs;
  return retire.preview(inputs, undefined as never, { configuration } as never, undefined);
}

test("the keys that retire removes: of all patterns, each once, the same before and after the earlier phases ran", () => {
  const gone = ["aescbc:key1", "identity", "secretbox:2026-08"];
  expect(planRetiredKeys(live, both)).toEqual(gone);
  const distributed = after("distribute", live, both);
  expect(planRetiredKeys(distributed, both)).toEqual(gone);
  expect(planRetiredKeys(after("promote", distributed, both), both)).toEqual(gone);
  expect(planRetiredKeys(live, want("secrets", "secretbox:2026-11", "identity"))).toEqual(["secretbox:2026-08"]);
  expect(planRetiredKeys(file(entry("secrets", "secretbox:2026-11")), want("secrets", "secretbox:2026-11"))).toEqual(
    [],
  );
});

test("retire has a plan exactly where a key goes: whatever is said of it names one", () => {
  const hasPlan = fc.property(files, rotations, (configuration, desired) => {
    expect(planRetire(configuration, desired).length > 0).toBe(planRetiredKeys(configuration, desired).length > 0);
  });
  fc.assert(hasPlan, { numRuns: 2_000 });
});

const secrets = want("secrets", "secretbox:2026-11", "identity");

test("where it is required, a key that no acknowledgement names is a problem at preview", async () => {
  const { problems, plan } = await previewed(secrets, { requireAcknowledgement: true });
  expect(plan).toHaveLength(1);
  expect(problems).toEqual([
    `secrets: retire removes what no acknowledgement names:
    secretbox:2026-08
  expected: one for each, since requireAcknowledgement is set
  why:      no API server reads anything under a retired key, such as objects of a restored backup of etcd
  next:     set acknowledge: [{ check: "key-retired", path: "secretbox:2026-08", reason: "…" }]; or hold it: stopAfter: "migrate"`,
  ]);
});

test("one that names it lets it go, and its reason is told; another key's does not, and is an error by itself", async () => {
  const { problems, notes } = await previewed(secrets, {
    requireAcknowledgement: true,
    acknowledge: [word("secretbox:2026-08")],
  });
  expect([problems, notes]).toEqual([[], ["secretbox:2026-08: retire is acknowledged: no backup needs it"]]);
  const wrong = await previewed(secrets, { requireAcknowledgement: true, acknowledge: [word("aescbc:2026-08")] });
  expect(wrong.problems).toEqual([
    expect.stringMatching(/acknowledge names key-retired of aescbc:2026-08, and retire removes secretbox:2026-08\n/),
    expect.stringMatching(/retire removes what no acknowledgement names:\n {4}secretbox:2026-08\n/),
  ]);
});

test("not required, or held: nothing is asked for", async () => {
  expect((await previewed(secrets, {})).problems).toEqual([]);
  const held = await previewed(secrets, {
    requireAcknowledgement: true,
    acknowledge: [word("aescbc:x")],
    heldBy: "migrate",
  });
  expect([held.plan.length, held.problems]).toEqual([1, undefined]);
});

test("one that still stands when the key is retired is a warning, not an error", async () => {
  const done = file(entry("secrets", "secretbox:2026-11 identity"));
  const { plan, problems, warnings } = await previewed(secrets, { acknowledge: [word("secretbox:2026-08")] }, done);
  expect([plan, problems]).toEqual([[], undefined]);
  expect(warnings).toEqual([
    `secrets: acknowledge names key-retired of secretbox:2026-08, and retire has nothing to do
  why:      it would let a later removal of secretbox:2026-08 pass
  next:     take it out`,
  ]);
});
