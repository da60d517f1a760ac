import type { Definition } from "../../../components/crd/definition";
import { checkAdoption, managersTakenOverAtAdoption, type Adoption } from "../../../components/versionedCRD/adoption";
import { notDeletedByOthers } from "../../../components/versionedCRD/checks/notDeletedByOthers";
import { checkServe } from "../../../components/versionedCRD/checks/checkServe";
import { withoutFieldManagers } from "../../../components/versionedCRD/fieldManagers";
import { manifest, OWNER, withMetadata, withSpec } from "../fixtures";

const entry: Adoption = { owner: `${OWNER}/databases`, takeOverFrom: [], adopts: false };
const wanted = manifest("v1", "v2 storage");

/** As made by `manager`, with everything but what the server adds. */
function madeBy(manager: string, annotations: Record<string, string> = {}): Definition {
  const fieldsV1 = { "f:spec": { "f:group": {}, "f:names": { "f:kind": {} }, "f:versions": {}, "f:conversion": {} } };
  const managedFields = [{ manager, operation: "Update", time: "2026-11-01T10:00:00Z", fieldsV1 }];
  return withMetadata(manifest("v1 storage"), { managedFields, annotations });
}

const owned = { "kubernetes-storage-migration/owner": `${OWNER}/databases` };
const enter = (live: Definition, more: Partial<Adoption> = {}, before: "nothing" | "ours" | "official" = "nothing") =>
  checkAdoption(live, wanted, { ...entry, ...more }, before).join("\n");

test("a CRD of nobody, or none => nothing in the way", () => {
  expect(checkAdoption(undefined, wanted, entry, "nothing")).toEqual([]);
  expect(enter(manifest("v1 storage"))).toBe("");
});

test("another manager owns what the rollout changes => named, with the tool and takeOverFrom", () => {
  expect(enter(madeBy("kubectl-client-side-apply"))).toBe(
    'databases.example.com: spec.versions is owned by kubectl-client-side-apply (kubectl apply), with another value than the rollout is to give it\n  expected: kubernetes-storage-migration to be its only writer\n  next:     have the other stop applying this CRD, then set takeOverFrom: ["kubectl-client-side-apply"]',
  );
});

test("named in takeOverFrom => taken over, and nothing in the way", () => {
  expect(enter(madeBy("helm"), { takeOverFrom: ["helm"] })).toBe("");
  const [taken] = managersTakenOverAtAdoption(madeBy("helm"), wanted, { ...entry, takeOverFrom: ["helm"] });
  expect(taken).toMatchObject({ manager: "helm", fields: ["spec.group", "spec.names.kind", "spec.versions"] });
});

test("another manager owns the same values, or what the manifest leaves out => no conflict", () => {
  expect(checkAdoption(madeBy("helm"), manifest("v1 storage"), entry, "nothing")).toEqual([]);
});

test("storage is to flip later => the conflict is known before serve", () => {
  const live = withSpec(madeBy("helm"), { versions: manifest("v1 storage", "v2").spec.versions });
  expect(enter(live)).toMatch(/spec\.versions is owned by helm/);
});

test("the other one writes again after we took over => said, with when", () => {
  expect(enter(withMetadata(madeBy("helm"), { annotations: owned }), {}, "ours")).toMatch(
    /owned by helm \(Helm\) and written at 2026-11-01T10:00:00Z, after kubernetes-storage-migration took over/,
  );
});

describe("made by Pulumi's official resource", () => {
  const live = madeBy("pulumi-kubernetes-1234abcd");

  test("its state is not ours => refused with every way out", () => {
    expect(enter(live)).toMatch(
      /Pulumi deletes the CRD and every object of it.*adoptFrom.*pulumi state delete URN.*kubectl annotate crd databases\.example\.com kubernetes-storage-migration\/owner=organization\/project\/stack\/databases/s,
    );
  });

  test("its state became ours by an alias, or the CRD says that it is ours => taken over without a word", () => {
    expect(enter(live, { adopts: true }, "official")).toBe("");
    expect(enter(withMetadata(live, { annotations: owned }))).toBe("");
    expect(managersTakenOverAtAdoption(live, wanted, { ...entry, adopts: true })).toHaveLength(1);
    expect(managersTakenOverAtAdoption(live, wanted, entry)).toEqual([]);
  });

  test("a CRD of a Helm Release is in no state of its own => a conflict like Helm's", () => {
    expect(enter(madeBy("pulumi-resource-kubernetes"))).toMatch(/Helm, by Pulumi's Release.*takeOverFrom/s);
  });
});

test("taken off managedFields: the manager's entry alone, not its status, not ours", () => {
  const live = madeBy("helm");
  const others = [
    { manager: "helm", operation: "Update", subresource: "status" },
    { manager: "kubernetes-storage-migration", operation: "Apply" },
    { manager: "cainjector", operation: "Update" },
  ];
  const managedFields = [...(live.metadata.managedFields ?? []), ...others];
  expect(withoutFieldManagers(withMetadata(live, { managedFields }), ["helm"])).toEqual(others);
});

test.each([
  [{ annotations: { "meta.helm.sh/release-name": "db" } }, /Helm release db.*helm\.sh\/resource-policy=keep/s],
  [
    { labels: { "kustomize.toolkit.fluxcd.io/name": "db" } },
    /Kustomization db.*kustomize\.toolkit\.fluxcd\.io\/prune=disabled/s,
  ],
  [{ annotations: { "argocd.argoproj.io/tracking-id": "db:x" } }, /application db .*Prune=false,Delete=false/s],
])("what would delete the CRD is named with the mark that keeps it from it: %j", (metadata, said) => {
  expect(notDeletedByOthers(withMetadata(wanted, metadata)).join()).toMatch(said);
});

test.each([
  { annotations: { "meta.helm.sh/release-name": "db", "helm.sh/resource-policy": "keep" } },
  {
    labels: { "kustomize.toolkit.fluxcd.io/name": "db" },
    annotations: { "kustomize.toolkit.fluxcd.io/prune": "disabled" },
  },
  { annotations: { "argocd.argoproj.io/tracking-id": "db:x", "argocd.argoproj.io/sync-options": "Prune=false" } },
  {},
])("marked, or held by nobody => nothing said: %j", (metadata) => {
  expect(notDeletedByOthers(withMetadata(wanted, metadata as Partial<Definition["metadata"]>))).toEqual([]);
});

test("an owner in another stack => refused, unless this very state says that it was the owner", () => {
  const annotations = { "kubernetes-storage-migration/owner": "organization/project/old/databases" };
  const live = withMetadata(manifest("v1 storage"), { annotations });
  const given = { manifest: manifest("v1 storage"), owner: entry.owner };
  expect(checkServe(given, live).problems.join()).toMatch(/belongs to .*old\/databases/s);
  const moved = checkServe({ ...given, __formerOwner: "organization/project/old/databases" }, live);
  expect(moved.problems).toEqual([]);
});

test("a component of the same stack under another name => the same owner", () => {
  const annotations = { "kubernetes-storage-migration/owner": `${OWNER}/before` };
  const live = withMetadata(manifest("v1 storage"), { annotations });
  expect(checkServe({ manifest: manifest("v1 storage"), owner: entry.owner }, live).problems).toEqual([]);
});
