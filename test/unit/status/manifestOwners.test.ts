import { manifestOwners } from "../../../components/status/manifestOwners";

const name = "databases.example.com";

test.each<[object, string[]]>([
  [{}, []],
  [{ labels: { "app.kubernetes.io/managed-by": "Helm" } }, ["Helm"]],
  [{ labels: { "app.kubernetes.io/managed-by": "kustomize" } }, []],
  [
    { annotations: { "meta.helm.sh/release-name": "db", "meta.helm.sh/release-namespace": "platform" } },
    ["Helm release platform/db"],
  ],
  [{ labels: { "argocd.argoproj.io/instance": "db" } }, ["Argo CD application db"]],
  [{ annotations: { "argocd.argoproj.io/tracking-id": "db:apiextensions.k8s.io/X:/y" } }, ["Argo CD application db"]],
  [
    { labels: { "kustomize.toolkit.fluxcd.io/name": "db", "kustomize.toolkit.fluxcd.io/namespace": "flux-system" } },
    ["Flux Kustomization flux-system/db"],
  ],
  [{ labels: { "helm.toolkit.fluxcd.io/name": "db" } }, ["Flux HelmRelease db"]],
  [{ labels: { "operators.coreos.com/db.operators": "", "olm.managed": "true" } }, ["OLM operator db.operators"]],
  [{ labels: { "olm.operatorframework.io/owner-name": "db" } }, ["OLM ClusterExtension db"]],
])("%j => %j", (metadata, tools) => {
  expect(manifestOwners({ name, ...metadata }).tools).toEqual(tools);
});

test("the managers of spec.versions are named, once and sorted; those of status or metadata alone are not, nor are we", () => {
  const owns = (manager: string, fields: object) => ({ manager, fieldsV1: fields as Record<string, unknown> });
  const versions = { "f:spec": { "f:versions": {} } };
  const managedFields = [
    owns("helm", versions),
    owns("argocd-controller", versions),
    owns("helm", versions),
    owns("kube-apiserver", { "f:status": {} }),
    owns("cainjector", { "f:spec": { "f:conversion": {} } }),
    owns("kubernetes-storage-migration", versions),
  ];
  expect(manifestOwners({ name, managedFields }).managers).toEqual(["argocd-controller", "helm"]);
});

test("a VersionedCRD's owner is named", () => {
  const annotations = { "kubernetes-storage-migration/owner": "acme/platform/prod/databases" };
  expect(manifestOwners({ name, annotations }).versionedCRD).toBe("acme/platform/prod/databases");
});
