import type { Conversion } from "../../../components/conversion";
import type { KubernetesObject } from "../../../components/kubernetes/api";
import { checkRoundTripOfObject, type ObjectRehearsal } from "../../../components/migration/rehearsal/rehearseObject";
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
