import type { Conversion, Definition, Schema, Version } from "../../components/crd/definition";

export const CRD = "databases.example.com";
export const OWNER = "organization/project/stack";

/** A structural schema of an object with these string fields under spec. */
export function schema(...fields: string[]): Schema {
  const properties = Object.fromEntries(fields.map((field) => [field, { type: "string" }]));
  return { type: "object", properties: { spec: { type: "object", properties } } };
}

/** `version("v1 storage")`, `version("v2 unserved", schema("host"))`: a name, then what is not the default. */
export function version(words: string, openAPIV3Schema: Schema = schema("host")): Version {
  const [name = "", ...flags] = words.split(" ");
  return {
    name,
    served: !flags.includes("unserved"),
    storage: flags.includes("storage"),
    schema: { openAPIV3Schema },
  };
}

/** A manifest of databases.example.com with these versions: words as for `version`, or whole versions. */
export function manifest(...versions: (string | Version)[]): Definition {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: CRD },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "databases", kind: "Database" },
      versions: versions.map((each) => (typeof each === "string" ? version(each) : each)),
    },
  };
}

export function withSpec(definition: Definition, spec: Partial<Definition["spec"]>): Definition {
  return { ...definition, spec: { ...definition.spec, ...spec } };
}

export function withMetadata(definition: Definition, metadata: Partial<Definition["metadata"]>): Definition {
  return { ...definition, metadata: { ...definition.metadata, ...metadata } };
}

export function withStored(definition: Definition, ...storedVersions: string[]): Definition {
  return { ...definition, status: { ...definition.status, storedVersions } };
}

export function webhook(url = "https://convert.example.com/"): Conversion {
  return { strategy: "Webhook", webhook: { clientConfig: { url }, conversionReviewVersions: ["v1"] } };
}

export function withWebhook(definition: Definition, url?: string): Definition {
  return withSpec(definition, { conversion: webhook(url) });
}

/** The message of what `work` throws; fails the test when it throws nothing. */
export function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("expected an error, and there was none");
}
