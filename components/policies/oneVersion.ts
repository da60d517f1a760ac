import type { Rule } from "./policy";

/** https://www.pulumi.com/registry/packages/kubernetes/api-docs/apiextensions/v1/customresourcedefinition/ */
const OFFICIAL = /^kubernetes:apiextensions\.k8s\.io\/v1(beta1)?:CustomResourceDefinition$/;

interface Spec {
  versions?: readonly { name?: string }[];
}

/** The official resource moves storage in one step, whatever is stored. With one version there is nothing to move. */
export const oneVersion: Rule = {
  name: "crd-with-several-versions",
  description: "A CRD with several versions is a VersionedCRD, not Pulumi's official CustomResourceDefinition.",
  find({ type, props }) {
    if (!OFFICIAL.test(type)) return undefined;
    const { versions = [] } = (props["spec"] ?? {}) as Spec;
    if (versions.length < 2) return undefined;
    return {
      what: `an official CustomResourceDefinition has the versions ${versions.map(({ name }) => String(name)).join(", ")}`,
      expected: "a VersionedCRD",
      why: "it flips storage and drops versions without looking at what is stored",
      next: "replace it by a VersionedCRD, which adopts it in place: docs/adopting.md",
    };
  },
};
