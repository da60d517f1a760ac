import { createRequire } from "module";
import type * as CustomResources from "@pulumi/kubernetes/apiextensions/customResource";
import type * as Definitions from "@pulumi/kubernetes/apiextensions/v1/customResourceDefinition";
import type * as Policies from "@pulumi/kubernetes/admissionregistration/v1/validatingAdmissionPolicy";
import type * as Bindings from "@pulumi/kubernetes/admissionregistration/v1/validatingAdmissionPolicyBinding";
import type * as Providers from "@pulumi/kubernetes/provider";

/**
 * The official classes, file by file and when they are first used: the whole of @pulumi/kubernetes takes half a second
 * to load, and a program that only moves a CRD needs none of it.
 */
const load = createRequire(__filename);

export function officialCustomResource(): typeof CustomResources.CustomResource {
  return (load("@pulumi/kubernetes/apiextensions/customResource") as typeof CustomResources).CustomResource;
}

export function officialDefinition(): typeof Definitions.CustomResourceDefinition {
  const file = "@pulumi/kubernetes/apiextensions/v1/customResourceDefinition";
  return (load(file) as typeof Definitions).CustomResourceDefinition;
}

export function officialProvider(): typeof Providers.Provider {
  return (load("@pulumi/kubernetes/provider") as typeof Providers).Provider;
}

export function officialPolicy(): typeof Policies.ValidatingAdmissionPolicy {
  const file = "@pulumi/kubernetes/admissionregistration/v1/validatingAdmissionPolicy";
  return (load(file) as typeof Policies).ValidatingAdmissionPolicy;
}

export function officialPolicyBinding(): typeof Bindings.ValidatingAdmissionPolicyBinding {
  const file = "@pulumi/kubernetes/admissionregistration/v1/validatingAdmissionPolicyBinding";
  return (load(file) as typeof Bindings).ValidatingAdmissionPolicyBinding;
}
