import type * as pulumi from "@pulumi/pulumi";
import { officialPolicy, officialPolicyBinding } from "../customResources/official";
import { protectionPolicy } from "./protectionPolicy";

/** What is protected, and by whom it is registered. */
export interface Protected {
  readonly component: pulumi.ComponentResource;
  readonly name: string;
  readonly crd: pulumi.Output<string>;
  /** Where the CRD is: destroyed after the policy, so that a destroy is not refused by what it removes itself. */
  readonly serve: pulumi.Resource;
  /** Of the CRD's cluster, for a type token; undefined where the default provider is of that cluster. */
  readonly providerFor: (type: string) => pulumi.ProviderResource | undefined;
}

/** `protect: true`: a ValidatingAdmissionPolicy of this CRD, and its binding, as official resources. */
export function createProtection({ component, name, crd, serve, providerFor }: Protected): void {
  const protection = crd.apply(protectionPolicy);
  const metadata = { name: protection.name };
  const provider = providerFor("kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy");
  const opts = { parent: component, dependsOn: serve, ...(provider !== undefined && { provider }) };
  const Policy = officialPolicy();
  const policy = new Policy(`${name}-protection`, { metadata, spec: protection.policy }, opts);
  const Binding = officialPolicyBinding();
  new Binding(`${name}-protection-binding`, { metadata, spec: protection.binding }, { ...opts, dependsOn: policy });
}
