import type { Conversion } from "../../../components/conversion";
import type { KubernetesObject } from "../../../components/kubernetes/api";
import {
  checkEmptiesOfObject,
  checkRoundTripOfObject,
  type ObjectRehearsal,
  rehearseRewriteOfObject,
} from "../../../components/migration/rehearsal/rehearseObject";
import backups from "../../../examples/backups/conversion";
import databases from "../../../examples/databases/conversion";

/** What the rehearsal says of one object, asking a conversion instead of a webhook. */
async function said(
  conversion: Conversion,
  plural: string,
  from: string,
  to: string,
  object: object,
  key?: Uint8Array,
) {
  const keys = key === undefined ? [] : [key];
  const by = (version: string) => (given: KubernetesObject) =>
    Promise.resolve(conversion.convert(given, version, { keys }) as unknown as KubernetesObject);
  const resource = (version: string) => ({ group: conversion.group, version, plural });
  const rehearsal = { from: resource(from), to: resource(to), fromSchema: undefined } as unknown as ObjectRehearsal;
  const conversions = { convert: by(to), convertBack: by(from) };
  const original = object as KubernetesObject;
  return checkRoundTripOfObject(rehearsal, conversions, original, await conversions.convert(original)).catch(
    (error: Error) => error.message,
  );
}

const spec = { cron: "0 3 * * *", targets: [{ bucket: "b", region: "r" }], retention: "Forever" };
const backup = { apiVersion: "storage.example.com/v1", kind: "Backup", metadata: { name: "a" }, spec };

test("an edit through the old version outdates what its annotation keeps => said, with what to do", async () => {
  const stored = backups.convert(backup, "v1alpha1");
  const edited = { ...stored, spec: { ...(stored["spec"] as object), retention: "Daily" } };
  expect(await said(backups, "backups", "v1alpha1", "v1", stored)).toEqual([]);
  expect(await said(backups, "backups", "v1alpha1", "v1", edited)).toBe(
    "the conversion v1alpha1 → v1 → v1alpha1 loses .metadata.annotations.conversion.storage.example.com/v1beta1; if an edit through v1alpha1 has taken the place of what is kept there, write the object once through v1, say a label (kubectl label backups.v1.storage.example.com …); else correct the webhook",
  );
  const written = backups.convert(backups.convert(edited, "v1"), "v1alpha1"); // as the API server stores it
  expect(await said(backups, "backups", "v1alpha1", "v1", written)).toEqual([]);
});

test("a webhook that has lost the key to a password => the rehearsal stops", async () => {
  const key = new Uint8Array(32).fill(1);
  const database = { apiVersion: "example.com/v2", kind: "Database", metadata: { name: "a" }, spec: { password: "x" } };
  const stored = databases.convert(database, "v1", { keys: [key] });
  expect(await said(databases, "databases", "v1", "v2", stored, key)).toEqual([]);
  expect(await said(databases, "databases", "v1", "v2", stored, new Uint8Array(32).fill(2))).toMatch(
    /^v2 would lack what annotation conversion\.example\.com\/v2 keeps sealed for it; .*every key/,
  );
});

test("a field that is lost => the webhook is to be corrected", async () => {
  const losing = {
    ...backups,
    convert: (object: object, to: string) => {
      const { spec: _, ...rest } = backups.convert(object, to);
      return rest;
    },
  };
  expect(await said(losing, "backups", "v1", "v1beta1", backup)).toBe(
    "the conversion v1 → v1beta1 → v1 loses .spec; correct the webhook",
  );
});

describe("what the new version's schema does", () => {
  const resource = (version: string) => ({ group: "g", version, plural: "foos" });
  const mode = (value: string) => ({ type: "object", properties: { mode: { type: "string", default: value } } });
  const route = (toSchema?: object, fromSchema?: object) =>
    ({ from: resource("v1"), to: resource("v2"), fromSchema, toSchema }) as unknown as ObjectRehearsal;
  const as = (rest: object): KubernetesObject => ({ metadata: { name: "a" }, ...rest });
  const identity = (object: KubernetesObject) => Promise.resolve(object);
  const without =
    (field: string) =>
    ({ [field]: _, ...object }: KubernetesObject) =>
      Promise.resolve(object as KubernetesObject);

  test.each([
    ["a forgotten field, hidden by the old version's default", mode("delete"), mode("keep"), /changes \.mode;/],
    ["the same default in both", mode("keep"), mode("keep"), []],
    ["a field that the new version does not have", { type: "object" }, mode("keep"), []],
  ])("%s", async (_, toSchema, fromSchema, expected) => {
    const conversions = { convert: without("mode"), convertBack: without("mode") };
    const original = as({ mode: "keep" });
    const saying = checkRoundTripOfObject(route(toSchema, fromSchema), conversions, original, as({})).catch(
      (error: Error) => error.message,
    );
    if (expected instanceof RegExp) expect(await saying).toMatch(expected);
    else expect(await saying).toEqual(expected);
  });

  test("a default that the old version shows as well is no fault of the conversion", async () => {
    const conversions = { convert: identity, convertBack: identity };
    expect(await checkRoundTripOfObject(route(mode("fast")), conversions, as({}), as({}))).toEqual([]);
  });

  test("an annotation that keeps what only the new version has may hold its default as well", async () => {
    const kept = (object: KubernetesObject): KubernetesObject =>
      as({ metadata: { name: "a", annotations: { kept: String(object["mode"]) } } });
    const conversions = { convert: identity, convertBack: (object: KubernetesObject) => Promise.resolve(kept(object)) };
    const original = kept(as({}));
    expect(await checkRoundTripOfObject(route(mode("fast")), conversions, original, as({}))).toEqual([]);
    const other = as({ metadata: { name: "a", annotations: { kept: "slow" } } });
    const changed = checkRoundTripOfObject(route(mode("fast")), conversions, other, as({}));
    await expect(changed).rejects.toThrow("changes .metadata.annotations.kept");
  });

  test("a field that it knows and that is gone after the rewrite, or a label: admission took it, and the schema is not blamed", async () => {
    const converted = as({ mode: "m", note: "n", metadata: { name: "a", labels: { team: "t" } } });
    const conversions = { convert: identity, convertBack: identity };
    const rehearsed = { original: converted, converted, stored: as({}) };
    await expect(rehearseRewriteOfObject(route(mode("m")), conversions, rehearsed)).rejects.toThrow(
      /^v2 would lose \.note; add it to the schema of v2; the rewrite would lose \.mode, \.metadata\.labels\.team, and not by the schema of v2: an admission rule takes it out/,
    );
  });

  test("an empty map that it does not know is lost, unless the conversion always loses it", async () => {
    const original = as({ on: {} });
    const rehearsed = { original, converted: original, stored: as({}) };
    const kept = { convert: identity, convertBack: identity };
    await expect(rehearseRewriteOfObject(route(), kept, rehearsed)).rejects.toThrow("v2 would lose .on; add it");
    const losing = { convert: identity, convertBack: without("on") };
    expect(await rehearseRewriteOfObject(route(), losing, rehearsed)).toEqual([]);
    await expect(checkEmptiesOfObject(route(), kept, rehearsed)).rejects.toThrow("v1 → v2 loses .on, empty and there");
    await checkEmptiesOfObject(route(), losing, rehearsed);
  });
});
