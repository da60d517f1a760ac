import type { Definition } from "../../../components/crd/definition";
import { conversionMayGo } from "../../../components/versionedCRD/checks/conversionMayGo";
import { servedStage } from "../../../components/versionedCRD/stages";
import { applied } from "../apiServer";
import { manifest, OWNER, schema, version, webhook, withWebhook } from "../fixtures";

const live = (given: Definition) => applied(undefined, servedStage(given, undefined, OWNER));
const v1 = version("v1", schema("hostPort"));
const v2 = version("v2 storage", schema("host"));
const v3 = version("v3", schema("address"));

test("two versions stay that lose fields to each other without the webhook => it does not go", () => {
  expect(conversionMayGo(live(withWebhook(manifest(v1, v2, v3))), ["v1"], undefined)).toEqual([
    expect.stringMatching(/^databases\.example\.com: conversion is None and v2's schema lacks \.spec\.address of v3\n/),
  ]);
});

describe("a version stays that only lacks fields of the storage version", () => {
  const given = live(
    withWebhook(manifest(v1, version("v2 storage", schema("host", "port")), version("v3", schema("host")))),
  );

  test("the webhook does not go: what is written through it loses them", () => {
    expect(conversionMayGo(given, ["v1"], undefined)).toEqual([
      expect.stringMatching(
        /^databases\.example\.com: spec\.conversion\.strategy: strategy Webhook → None, with different schemas of v2, v3\n/,
      ),
    ]);
  });

  test("acknowledged, as serve takes it, it goes", () => {
    const acknowledge = [{ check: "conversion-removed", path: "spec.conversion.strategy", reason: "nobody uses v3" }];
    expect(conversionMayGo(given, ["v1"], undefined, acknowledge)).toEqual([]);
  });
});

test.each<[string, Definition, string[], ReturnType<typeof webhook> | undefined]>([
  ["one version stays", withWebhook(manifest(v1, v2)), ["v1"], undefined],
  ["two stay with the same fields", withWebhook(manifest(v1, v2, version("v3", schema("host")))), ["v1"], undefined],
  ["a webhook stays", withWebhook(manifest(v1, v2, v3)), ["v1"], webhook("https://another.example.com/")],
  ["there is none to go", manifest(v1, v2), ["v1"], undefined],
])("%s => nothing to say", (_, given, names, conversion) => {
  expect(conversionMayGo(live(given), names, conversion)).toEqual([]);
});
