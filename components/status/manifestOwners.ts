import type { Metadata } from "../crd/definition";
import { FIELD_MANAGER, OWNER_ANNOTATION } from "../crd/names";
import type { ManifestOwners, CrdFacts } from "./facts";

/** Who will write this manifest next: what its labels and annotations say, and the managers of spec.versions. */
export function manifestOwners(metadata: Metadata): ManifestOwners {
  const versionedCRD = metadata.annotations?.[OWNER_ANNOTATION];
  const { labels = {}, annotations = {} } = metadata;
  const tools = TOOLS.flatMap((tool) => tool({ ...labels, ...annotations }) ?? []);
  return { ...(versionedCRD !== undefined && { versionedCRD }), tools, managers: managersOfVersions(metadata) };
}

type Marks = Readonly<Record<string, string>>;

/** Each knows one tool by the marks that it leaves. */
const TOOLS: readonly ((marks: Marks) => string | undefined)[] = [helm, argo, flux, olm];

/** https://helm.sh/docs/chart_best_practices/labels/ */
function helm(marks: Marks): string | undefined {
  const release = marks["meta.helm.sh/release-name"];
  if (release !== undefined) return `Helm release ${inNamespace(marks["meta.helm.sh/release-namespace"], release)}`;
  return marks["app.kubernetes.io/managed-by"] === "Helm" ? "Helm" : undefined;
}

/** https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/ */
function argo(marks: Marks): string | undefined {
  const application = marks["argocd.argoproj.io/tracking-id"]?.split(":")[0] ?? marks["argocd.argoproj.io/instance"];
  return application === undefined ? undefined : `Argo CD application ${application}`;
}

/** https://fluxcd.io/flux/components/kustomize/kustomizations/ */
function flux(marks: Marks): string | undefined {
  for (const [prefix, kind] of [
    ["helm", "HelmRelease"],
    ["kustomize", "Kustomization"],
  ]) {
    const name = marks[`${prefix}.toolkit.fluxcd.io/name`];
    if (name !== undefined) return `Flux ${kind} ${inNamespace(marks[`${prefix}.toolkit.fluxcd.io/namespace`], name)}`;
  }
  return undefined;
}

/** https://olm.operatorframework.io/docs/concepts/ */
function olm(marks: Marks): string | undefined {
  const key = Object.keys(marks)
    .filter((mark) => mark.startsWith("operators.coreos.com/"))
    .sort()[0];
  if (key !== undefined) return `OLM operator ${key.slice("operators.coreos.com/".length)}`;
  const extension = marks["olm.operatorframework.io/owner-name"];
  if (extension !== undefined) return `OLM ClusterExtension ${extension}`;
  return marks["olm.managed"] === "true" ? "OLM" : undefined;
}

function inNamespace(namespace: string | undefined, name: string): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function managersOfVersions({ managedFields = [] }: Metadata): string[] {
  const owners = managedFields
    .filter(
      ({ fieldsV1 = {} }) => (fieldsV1["f:spec"] as Record<string, unknown> | undefined)?.["f:versions"] !== undefined,
    )
    .map(({ manager = "(unnamed)" }) => manager)
    .filter((manager) => manager !== FIELD_MANAGER);
  return [...new Set(owners)].sort();
}

export function describeManifestOwners({ manifest }: Pick<CrdFacts, "manifest">): string {
  const { versionedCRD, tools, managers } = manifest;
  if (versionedCRD !== undefined) return `VersionedCRD ${versionedCRD}`;
  return (tools.length > 0 ? tools : managers).join(", ");
}
