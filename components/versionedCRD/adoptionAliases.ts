import * as pulumi from "@pulumi/pulumi";

/** The official resource, as programs and `kubernetes.yaml.ConfigFile`, `ConfigGroup` and `helm.v3.Chart` register it. */
const OFFICIAL_TYPE = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition";

/**
 * What registers a CRD under its metadata.name, below itself: of a parent its type alone stands in a child's URN. Those of
 * `yaml/v2` and `helm.sh/v4` put their own name before it, which nobody here knows: `adoptFrom`.
 * https://github.com/pulumi/pulumi-kubernetes/blob/master/sdk/nodejs/yaml/yaml.ts
 */
const GROUPS = [
  "kubernetes:yaml:ConfigFile",
  "kubernetes:yaml:ConfigGroup",
  "kubernetes:yaml:ConfigGroup$kubernetes:yaml:ConfigFile",
  "kubernetes:helm.sh/v3:Chart",
  "kubernetes:kustomize:Directory",
];

/**
 * Under which names Pulumi's official resource may have kept this CRD in the state: with one of them matched, swapping it for
 * a VersionedCRD is one update in place; with none, Pulumi would delete the CRD and every object of it.
 * https://www.pulumi.com/docs/iac/concepts/resources/options/aliases/
 *
 * @param parent the component's own parent
 * @param adoptFrom URN of the official resource where it goes by another name or has another parent
 */
export function adoptionAliases(
  name: string,
  crdName: pulumi.Output<string>,
  parent: pulumi.Resource | undefined,
  adoptFrom: string | undefined,
): pulumi.Input<pulumi.URN | pulumi.Alias>[] {
  const places = [pulumi.rootStackResource, ...(parent === undefined ? [] : [parent])];
  const alone = [name, crdName].map((each) => ({ type: OFFICIAL_TYPE, name: each }));
  const grouped = GROUPS.map((group) => ({ type: `${group}$${OFFICIAL_TYPE}`, name: crdName }));
  return [
    ...(adoptFrom === undefined ? [] : [adoptFrom]),
    ...places.flatMap((place) => [...alone, ...grouped].map((alias) => ({ ...alias, parent: place }))),
  ];
}
