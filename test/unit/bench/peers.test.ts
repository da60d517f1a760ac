import * as fs from "fs";
import { describeTroubles, figuresOf, inTurn, type Run } from "../../../bench/peers/figures";
import type { Subject } from "../../../bench/peers/stage";
import { countLeft, isStoredAs, isUnderKey } from "../../../bench/peers/stored";
import { moduleVersion } from "../../../bench/peers/subjects/programs";
import type { Row } from "../../../bench/rows";
import { checkout } from "../../../local/checkout";

const subject: Subject = { name: "kubectl", proves: false, run: () => Promise.resolve() };
const run = (seconds: number, of: Partial<Run> & { left?: number } = {}): Run => ({
  seconds,
  processor: 3,
  stored: { objects: 1000, left: of.left ?? 0 },
  ...(of.failed !== undefined && { failed: of.failed }),
});
const found = (rows: Row[], metric: string): Row | undefined => rows.find((each) => each.metric.startsWith(metric));

test("a subject's figures are medians over its runs", () => {
  const rows = figuresOf("Secrets", subject, [run(10), run(40), run(20)]);
  expect(found(rows, "start to its own end")).toMatchObject({ case: "Secrets", subject: "kubectl", median: 20 });
  expect(found(rows, "rate")).toMatchObject({ unit: "objects/s", runs: [100, 25, 50], median: 50 });
  expect(found(rows, "processor time")).toMatchObject({ unit: "ms", median: 3 });
  expect(found(rows, "not migrated")).toMatchObject({ median: 0 });
  expect(found(rows, "gives a proof")).toMatchObject({ median: 0 });
  const proven = figuresOf("Secrets", { ...subject, proves: true }, [run(10)]);
  expect(found(proven, "gives a proof")).toMatchObject({ median: 1 });
});

test("a run that left objects behind, or failed, has no time, and both are told", () => {
  const runs = [run(1, { left: 7 }), run(20), run(2, { failed: "exit code 1" })];
  const rows = figuresOf("Secrets", subject, runs);
  expect(found(rows, "start to its own end")?.runs).toEqual([20]);
  expect(found(rows, "rate")?.runs).toEqual([50]);
  expect(found(rows, "not migrated")?.runs).toEqual([7, 0, 0]);
  expect(describeTroubles("Secrets", subject, runs)).toEqual([
    "Secrets, run 1: kubectl left 7 of 1000 objects in the old version or under the old key",
    "Secrets, run 3: kubectl failed: exit code 1",
  ]);
});

test("without one whole run there is no time at all, rather than 0 s", () => {
  const rows = figuresOf("Secrets", subject, [run(1, { left: 7 })]);
  expect(rows.map(({ metric }) => metric)).toEqual(["not migrated, as etcd has it", "gives a proof"]);
});

test("every other run goes backwards, and no subject is left out", () => {
  expect([1, 2, 3].map((nth) => inTurn(["a", "b", "c"], nth).join(""))).toEqual(["abc", "cba", "abc"]);
});

test("of custom resources the stored version counts, not what else they say", () => {
  const entry = (apiVersion: string) => ({ key: "k", value: JSON.stringify({ apiVersion, metadata: { of: "g/v2" } }) });
  expect(countLeft([entry("g/v1"), entry("g/v2"), entry("g/v1")], isStoredAs("g/v2"))).toEqual({ objects: 3, left: 2 });
});

test("a Secret under another key, or under none, is left", () => {
  const values = [
    "k8s:enc:secretbox:v1:key2:…",
    "k8s:enc:secretbox:v1:key20:…",
    "k8s:enc:secretbox:v1:key1:…",
    "k8s\0…",
  ];
  const entries = values.map((value) => ({ key: "k", value }));
  expect(countLeft(entries, isUnderKey("key2"))).toEqual({ objects: 4, left: 3 });
});

test("the versions of the peers stand in their go.mod", () => {
  const of = (module: string) => fs.readFileSync(checkout("bench", "peers", module, "go.mod"), "utf8");
  expect(moduleVersion(of("crdmigrator"), "sigs.k8s.io/cluster-api")).toMatch(/^v1\.\d+\.\d+$/);
  expect(moduleVersion(of("clients"), "k8s.io/kubectl")).toMatch(/^v0\.37\./);
  expect(() => moduleVersion(of("clients"), "k8s.io/kube")).toThrow("does not require k8s.io/kube");
});
