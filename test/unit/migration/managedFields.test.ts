import * as fc from "fast-check";
import type { ManagedFieldsEntry } from "../../../components/kubernetes/api";
import { managedFieldsWithoutVersions } from "../../../components/migration/managedFields";

const entry = (manager: string, version: string, fields: object, more: object = {}): ManagedFieldsEntry => ({
  manager,
  operation: "Update",
  apiVersion: `g/${version}`,
  fieldsType: "FieldsV1",
  fieldsV1: fields as never,
  ...more,
});
const drop = (entries: ManagedFieldsEntry[]) => managedFieldsWithoutVersions(entries, ["g/v1"], "g/v2");

test("none names a dropped version: nothing to do", () => {
  expect(drop([entry("a", "v2", { "f:x": {} }), entry("b", "v3", {})])).toBeUndefined();
});

test("an entry is renamed, the others keep their place and version", () => {
  expect(drop([entry("a", "v3", {}), entry("b", "v1", { "f:x": {} })])).toEqual([
    entry("a", "v3", {}),
    entry("b", "v2", { "f:x": {} }),
  ]);
});

test("one manager at both versions: one entry that owns what both did, with the later time", () => {
  const old = entry("a", "v1", { "f:spec": { "f:x": {}, "f:l": { ".": {} } } }, { time: "2026-01-02T00:00:00Z" });
  const now = entry(
    "a",
    "v2",
    { "f:spec": { "f:y": {}, "f:l": { 'k:{"n":1}': {} } } },
    { time: "2026-01-01T00:00:00Z" },
  );
  expect(drop([now, old])).toEqual([
    entry(
      "a",
      "v2",
      { "f:spec": { "f:y": {}, "f:x": {}, "f:l": { ".": {}, 'k:{"n":1}': {} } } },
      { time: "2026-01-02T00:00:00Z" },
    ),
  ]);
});

test("a field owned as a whole at one version and in parts at the other stays owned both ways", () => {
  const whole = entry("a", "v1", { "f:spec": {} });
  const parts = entry("a", "v2", { "f:spec": { "f:x": {} } });
  for (const entries of [
    [whole, parts],
    [parts, whole],
  ]) {
    expect(drop(entries)).toEqual([entry("a", "v2", { "f:spec": { ".": {}, "f:x": {} } })]);
  }
});

test("another operation or subresource stays an entry of its own", () => {
  const entries = [
    entry("a", "v1", { "f:x": {} }),
    entry("a", "v2", { "f:x": {} }, { operation: "Apply" }),
    entry("a", "v2", { "f:status": {} }, { subresource: "status" }),
  ];
  expect(drop(entries)).toHaveLength(3);
});

test("whatever the entries, no field loses an owner and no dropped version is left", () => {
  const fields = fc.dictionary(fc.constantFrom("f:a", "f:b", "f:c"), fc.constant({}));
  const entries = fc.array(
    fc.record({
      manager: fc.constantFrom("m", "n"),
      operation: fc.constantFrom("Apply", "Update"),
      apiVersion: fc.constantFrom("g/v1", "g/v2"),
      fieldsV1: fields,
    }),
  );
  fc.assert(
    fc.property(entries, (given) => {
      const result = managedFieldsWithoutVersions(given, ["g/v1"], "g/v2") ?? given;
      expect(result.some(({ apiVersion }) => apiVersion === "g/v1")).toBe(false);
      const owned = (all: readonly ManagedFieldsEntry[]) =>
        new Set(all.flatMap((e) => Object.keys(e.fieldsV1 ?? {}).map((f) => `${e.manager} ${e.operation} ${f}`)));
      expect(owned(result)).toEqual(owned(given));
      const keys = result.map((e) => `${e.manager} ${e.operation} ${e.apiVersion}`);
      if (result !== given) expect(new Set(keys).size).toBe(keys.length);
    }),
  );
});
