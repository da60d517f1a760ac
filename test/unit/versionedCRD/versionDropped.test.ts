import type { Acknowledgement } from "../../../components/compatibility/acknowledgements";
import { whyNoCrdAcknowledgements } from "../../../components/versionedCRD/crdAcknowledgements";
import {
  checkRemovalAcknowledged,
  leftOverRemovalAcknowledgements,
  unmatchedRemovalAcknowledgements,
} from "../../../components/provider/acknowledgedRemoval";
import { versionDropped } from "../../../components/versionedCRD/checks/versionDropped";
import { drop } from "../../../components/versionedCRD/drop/drop";
import type { DropInputs } from "../../../components/versionedCRD/inputs";
import type { PhaseWork } from "../../../components/provider/phaseLogic";
import { CRD, manifest } from "../fixtures";

const word = (path: string, check = "version-dropped"): Acknowledgement => ({ check, path, reason: "nobody reads it" });
const asked = (...acknowledge: Acknowledgement[]) => ({
  crd: CRD,
  acknowledge,
  requireAcknowledgement: true as const,
});

test("where it is required, a version that no acknowledgement names is a problem, which says what to set", () => {
  expect(checkRemovalAcknowledged(versionDropped(asked(word("v1beta1"))), ["v1", "v1beta1"])).toEqual({
    problems: [
      `${CRD}: drop removes what no acknowledgement names:
    v1
  expected: one for each, since requireAcknowledgement is set
  why:      whoever still uses a dropped version gets 404
  next:     set acknowledge: [{ check: "version-dropped", path: "v1", reason: "…" }]; or hold it: stopAfter: "migrate"`,
    ],
    notes: ["v1beta1: drop is acknowledged: nobody reads it"],
  });
});

test("one that names it lets it go; of another check it is none", () => {
  expect(checkRemovalAcknowledged(versionDropped(asked(word("v1"))), ["v1"]).problems).toEqual([]);
  expect(checkRemovalAcknowledged(versionDropped(asked(word("v1", "version-in-use"))), ["v1"]).problems).toHaveLength(
    1,
  );
});

test("where it is not required, nothing is asked for; a reason that is given is told", () => {
  expect(checkRemovalAcknowledged(versionDropped({ crd: CRD }), ["v1"])).toEqual({ problems: [], notes: [] });
  expect(checkRemovalAcknowledged(versionDropped({ crd: CRD, acknowledge: [word("v1")] }), ["v1"])).toEqual({
    problems: [],
    notes: ["v1: drop is acknowledged: nobody reads it"],
  });
});

test("forty versions: ten are named, and how many more", () => {
  const [problem = ""] = checkRemovalAcknowledged(
    versionDropped(asked()),
    Array.from({ length: 40 }, (_, index) => `v${index + 1}`),
  ).problems;
  expect(problem.split("\n").slice(10, 12)).toEqual(["    v10", "    … and 30 more"]);
});

test("one that names a version which drop does not remove is an error, whichever of drop's checks it is of", () => {
  expect(
    unmatchedRemovalAcknowledgements(versionDropped(asked(word("v1"), word("v2", "object-size"))), ["v1"]),
  ).toEqual([]);
  for (const check of ["version-dropped", "version-in-use"]) {
    expect(unmatchedRemovalAcknowledgements(versionDropped(asked(word("v1alpha1", check))), ["v1"])).toEqual([
      `${CRD}: acknowledge names ${check} of v1alpha1, and drop removes v1
  expected: what it removes
  next:     correct it, or take it out`,
    ]);
  }
});

test("one that still stands when the drop is done is a warning, not an error", () => {
  expect(leftOverRemovalAcknowledgements(versionDropped(asked(word("v1"), word("v2", "object-size"))))).toEqual([
    `${CRD}: acknowledge names version-dropped of v1, and drop has nothing to do
  why:      it would let a later removal of v1 pass
  next:     take it out`,
  ]);
});

describe("the phase", () => {
  const live = manifest("v1", "v2 storage");
  const inputs = { ...asked(), versions: ["v2"], plan: [] } as unknown as DropInputs;
  const work = { cluster: { call: () => Promise.resolve(live) } } as unknown as PhaseWork;

  test("asks again before it looks at anything: a run without preview drops nothing unnamed", async () => {
    await expect(drop.run(inputs, work)).rejects.toThrow("drop removes what no acknowledgement names:\n    v1");
  });

  test("with nothing to drop tells of what is left over", async () => {
    const { plan, warnings } = await drop.preview(
      { ...inputs, ...asked(word("v1")), versions: ["v1", "v2"] },
      work.cluster,
      live,
      undefined,
    );
    expect([plan, warnings?.length]).toEqual([[], 1]);
  });
});

test.each([
  ["v1", "acknowledge is of type string"],
  [[word("v1", "version-in-us")], "acknowledge[0].check is version-in-us"],
  [[word("v1"), { ...word("v1"), reason: " " }], 'acknowledge[1].reason is " "'],
  [[{ check: "object-size", reason: "x" }], "acknowledge[0].path is missing"],
  [[null], "acknowledge[0].check is undefined"],
])("%j is no acknowledgement: %s", (given, what) => {
  expect(whyNoCrdAcknowledgements(given)?.what).toBe(what);
});

test("those of the right shape are", () => {
  expect(
    whyNoCrdAcknowledgements([word("v1"), word("v1", "version-in-use"), word("v1.spec.a", "field-removed")]),
  ).toBeUndefined();
});
