import { createRequire } from "module";
import type * as CustomResources from "@pulumi/kubernetes/apiextensions/customResource";
import type * as Definitions from "@pulumi/kubernetes/apiextensions/v1/customResourceDefinition";
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
