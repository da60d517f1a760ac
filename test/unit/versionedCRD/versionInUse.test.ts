import type { Acknowledgement } from "../../../components/compatibility/acknowledgements";
import { versionInUse } from "../../../components/versionedCRD/checks/versionInUse";
import { CRD } from "../fixtures";

const acknowledged: Acknowledgement = { check: "version-in-use", path: "v1", reason: "the old operator is gone" };
const used = { writes: 12, others: 3, isComplete: true };
const said = (requests: Record<string, typeof used>, acknowledge?: Acknowledgement[]) =>
  versionInUse({ crd: CRD, storage: "v2", requests, since: 1_795_864_642_180, acknowledge });

test("writes through a version that goes are a problem: how many, since when, what to do", () => {
  expect(said({ v1: used })).toEqual({
    problems: [
      `${CRD}: 12 writes through v1 since migrate ended (2026-11-28T11:17:22Z)
  expected: none before v1 is dropped
  why:      whoever made them gets 404 from then on
  next:     have them use v2 (a preview with stopAfter: "migrate" names the managers); or, where they are gone or may break, set acknowledge: [{ check: "version-in-use", path: "v1", reason: "…" }]`,
    ],
    warnings: [],
  });
});

test("reads are none: Kubernetes' controllers and we read as well", () => {
  expect(said({ v1: { ...used, writes: 0 } })).toEqual({ problems: [], warnings: [] });
});

test("the user's word makes a warning of it, with the reason, for that version alone", () => {
  const { problems, warnings } = said({ v1: used, v1beta1: used }, [acknowledged]);
  expect(warnings).toEqual([
    `${CRD}: 12 writes through v1 since migrate ended (2026-11-28T11:17:22Z); acknowledged: the old operator is gone`,
  ]);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain("12 writes through v1beta1");
});

test("an acknowledgement of another check is none", () => {
  expect(said({ v1: used }, [{ ...acknowledged, check: "object-size" }]).problems).toHaveLength(1);
});
