import { applyAcknowledgements, isUnacknowledgedError } from "../../../components/compatibility/acknowledgements";
import { sortFindings, type Finding } from "../../../components/compatibility/finding";

const finding = (check: string, path: string, severity: Finding["severity"] = "error"): Finding => ({
  check,
  path,
  severity,
  what: "a → b",
  why: "it breaks clients",
  fix: "put it back",
});
const removed = finding("field-removed", "v1.spec.size");

test("an acknowledged error carries its reason and counts as an error no longer", () => {
  const reason = "nobody set it";
  const { findings, unused } = applyAcknowledgements(
    [removed, finding("field-removed", "v1.spec.host")],
    [{ check: "field-removed", path: "v1.spec.size", reason }],
  );
  expect(findings.map(({ path, acknowledged }) => [path, acknowledged])).toEqual([
    ["v1.spec.size", reason],
    ["v1.spec.host", undefined],
  ]);
  expect(findings.map(isUnacknowledgedError)).toEqual([false, true]);
  expect(unused).toEqual([]);
});

test.each([
  ["another check", { check: "type-changed", path: "v1.spec.size" }],
  ["another path", { check: "field-removed", path: "v1.spec" }],
  ["check and path that only joined are the same", { check: "field-removedv1", path: ".spec.size" }],
])("an acknowledgement of %s matches nothing and is handed back", (_what, other) => {
  const acknowledgement = { ...other, reason: "because" };
  expect(applyAcknowledgements([removed], [acknowledgement])).toEqual({
    findings: [removed],
    unused: [acknowledgement],
  });
});

test("one acknowledgement covers every finding of its check at its path, also a warning", () => {
  const rules = [
    { ...finding("validation-rule-added", "v1.spec", "warning"), what: "a" },
    { ...finding("validation-rule-added", "v1.spec", "warning"), what: "b" },
  ];
  const { findings, unused } = applyAcknowledgements(rules, [
    { check: "validation-rule-added", path: "v1.spec", reason: "both hold already" },
  ]);
  expect(findings.map(({ acknowledged }) => acknowledged)).toEqual(["both hold already", "both hold already"]);
  expect(unused).toEqual([]);
});

test("only errors count as errors", () => {
  expect((["error", "warning", "info"] as const).map((each) => isUnacknowledgedError(finding("a", "b", each)))).toEqual(
    [true, false, false],
  );
});

test("findings are sorted by severity, path and check, whatever order they come in", () => {
  const sorted = [
    finding("b", "v1.B"),
    finding("a", "v1.a"),
    finding("b", "v1.a"),
    finding("a", "a", "warning"),
    finding("a", "a", "info"),
  ];
  expect(sortFindings([...sorted].reverse())).toEqual(sorted);
});
