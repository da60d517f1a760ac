import { whyNotRewritten } from "../../../components/encryptionKeyRotation/proof/throughStorageVersion";
import type { Definition } from "../../../components/crd/definition";
import { describeProblem } from "../../../components/kubernetes/problem";
import { manifest, schema, version, withStored } from "../fixtures";

const old = (words: string) => version(words, schema("host", "port"));
const asked = (live: Definition, aggregated: string[] = []): string | undefined => {
  const problem = whyNotRewritten(live, aggregated);
  return problem && describeProblem(problem);
};

test.each<[string, Definition]>([
  ["objects are stored in no other", withStored(manifest(old("v1 storage"), "v2"), "v1")],
  ["what another has, this one keeps", withStored(manifest("v1", old("v2 storage")), "v1", "v2")],
])("a storage version that is served: rewritten, where %s", (_, live) => {
  expect(asked(live)).toBeUndefined();
});

test("a storage version that is not served: refused", () => {
  const live = withStored(manifest("v1", "v2 storage unserved"), "v2");
  expect(asked(live)).toMatch(/^databases\.example\.com: the storage version v2 is not served\n/);
});

test("a storage version in whose place an aggregated API answers: refused; another version of it is no matter", () => {
  const live = withStored(manifest("v1", "v2 storage"), "v2");
  expect(asked(live, ["v1"])).toBeUndefined();
  expect(asked(live, ["v2"])).toMatch(
    /an aggregated API server serves the storage version v2 \(APIService v2\.example\.com names a Service\)/,
  );
});

test("objects in a version of which the storage version would drop fields: refused, with what to run", () => {
  expect(asked(withStored(manifest(old("v1"), "v2 storage"), "v1", "v2"))).toMatch(
    /objects may be stored in v1, and v2's schema lacks \.spec\.port of it\n.*storedVersions \[v2\].*migrate databases\.example\.com$/s,
  );
});

test.each<[string, Definition]>([
  ["a storage version that is not served", withStored(manifest("v1", "v2 storage unserved"), "v2")],
  ["objects in a version that loses fields", withStored(manifest(old("v1"), "v2 storage"), "v1", "v2")],
])("%s, of a CRD that is being deleted: no rollout is named, which would be refused", (_, live) => {
  const going = { ...live, metadata: { ...live.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };
  expect(asked(going)).toMatch(/next: +the CRD is being deleted: let that end/);
});
