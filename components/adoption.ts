import * as pulumi from "@pulumi/pulumi";

/** The official resource, as programs and `kubernetes.yaml.ConfigFile`, `ConfigGroup` and `helm.v3.Chart` register it. */
const OFFICIAL_TYPE = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition";

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
  const names = [name, crdName];
  return [
    ...(adoptFrom === undefined ? [] : [adoptFrom]),
    ...places.flatMap((place) => names.map((each) => ({ type: OFFICIAL_TYPE, name: each, parent: place }))),
  ];
}
