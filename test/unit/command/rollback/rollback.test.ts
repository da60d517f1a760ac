import type { RollbackReport } from "../../../../components/command/rollback/report";
import { renderRollbackAsJson } from "../../../../components/command/rollback/json";
import { renderRollbackAsMarkdown } from "../../../../components/command/rollback/markdown";
import { renderRollbackAsText } from "../../../../components/command/rollback/text";
import { decideRollback } from "../../../../components/rollback/rollback";
import { schema, version, webhook, withSpec, withStored, manifest } from "../../fixtures";
import { all, facts, moved, object } from "../../rollback/seen";
import { runCommand } from "../runCommand";

const report = (given: Parameters<typeof facts>[0], manifestOf = ""): RollbackReport => ({
  context: "prod",
  server: "https://10.0.0.1:6443",
  manifestOf,
  ...decideRollback(facts(given), " --context prod"),
});
const tiered = { v2: all(object("a", { host: "h", tier: "gold" })) };

test("the first line has the verdict, and the steps are numbered, each with its command below it", () => {
  const text = renderRollbackAsText(report({}));
  expect(text).toMatch(
    /^context prod, https:\/\/10\.0\.0\.1:6443: databases\.example\.com back to v1: nothing blocks\n/,
  );
  expect(text).toMatch(
    /^steps, in this order:\n {2}1\. make v1 the storage version.*\n {5}kubectl --context prod patch crd /m,
  );
  expect(renderRollbackAsText(report({ read: tiered }))).toMatch(
    /: 1 blocker\n.*steps, in this order, once nothing blocks:/s,
  );
});

test("the versions stand as a table", () => {
  const live = withStored(manifest(version("v1 unserved"), "v2 storage"), "v1", "v2");
  expect(renderRollbackAsText(report({ live }))).toContain(
    `
VERSION  SERVED  STORAGE  OBJECTS MAY BE STORED SO
v1       no      no       yes
v2       yes     yes      yes
`,
  );
});

test("who owns the manifest is asked to hold still", () => {
  expect(renderRollbackAsText(report({}, "Helm release mesh-system/mesh"))).toContain(
    "manifest of Helm release mesh-system/mesh: it must apply nothing between these steps",
  );
});

test("with a webhook it is said that the webhook decides", () => {
  const live = withSpec(moved, { conversion: webhook() });
  expect(renderRollbackAsText(report({ live, read: tiered }))).toContain(
    "only v2 holds, and v1's schema does not (the only object read); the webhook decides what becomes of them, and the rehearsal shows it:\n  .spec.tier: 1 object\n",
  );
});

test("ten fields are shown, the rest counted; JSON has them all", () => {
  const names = Array.from({ length: 13 }, (_, index) => `f${String.fromCharCode(97 + index)}`);
  const live = withStored(manifest(version("v1", schema()), version("v2 storage", schema(...names))), "v2");
  const many = report({ live });
  expect(renderRollbackAsText(many)).toMatch(/ {2}\.spec\.fj: no object\n {2}… and 3 more\n/);
  const { lost } = JSON.parse(renderRollbackAsJson(many)) as { lost: { fields: unknown[] }[] };
  expect(lost[0]?.fields).toHaveLength(13);
});

test("Markdown has the same, and each command in a block to paste", () => {
  const text = renderRollbackAsMarkdown(report({ read: tiered }));
  expect(text).toMatch(/^### databases\.example\.com back to v1: 1 blocker\n/);
  expect(text).toContain("| v2 | yes | yes | yes |");
  expect(text).toMatch(/^- databases\.example\.com: conversion is None, .+: \.spec\.tier: 1 object; expected /m);
  expect(text).toMatch(
    /\n2\. rehearse: .+\n\n {3}```sh\n {3}kubernetes-storage-migration migrate databases\.example\.com --context prod --dry-run\n {3}```/,
  );
});

test.each([
  [["databases.example.com"], "--to is not given"],
  [["--to", "v1"], "no RESOURCE is given"],
  [["*.example.com", "--to", "v1"], "RESOURCE is *.example.com"],
  [["a.example.com", "b.example.com", "--to", "v1"], "RESOURCE is a.example.com b.example.com"],
  [["secrets", "--to", "v1"], 'resource "secrets"'],
  [["databases.example.com", "--to", "v1", "--json", "--markdown"], "--json and --markdown are given"],
])("%j => exit code 2, and what is wrong", async (args, said) => {
  const { code, out, err } = await runCommand("rollback", ...args);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain(said);
});
