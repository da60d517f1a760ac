import { stringify } from "yaml";
import type { Definition, Schema, Version } from "../../components/crd/definition";

/**
 * CRDs in the shapes in which generators and large projects write them. Made up here: nothing is copied from one of them.
 * https://book.kubebuilder.io/reference/generating-crd
 */
export interface Shape {
  kind: string;
  group: string;
  versions: Version[];
  scope?: "Namespaced" | "Cluster";
  names?: Record<string, unknown>;
  spec?: Record<string, unknown>;
  annotations?: Record<string, string>;
}

export const pluralOf = (kind: string): string => `${kind.toLowerCase()}s`;

export function definitionOf({ kind, group, versions, scope = "Namespaced", ...rest }: Shape): Definition {
  const plural = pluralOf(kind);
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${plural}.${group}`,
      annotations: {
        "cert-manager.io/inject-ca-from": "$(NAMESPACE)/serving-cert",
        "controller-gen.kubebuilder.io/version": "v0.20.0",
        ...rest.annotations,
      },
      ...({ creationTimestamp: null } as object),
    },
    spec: {
      group,
      scope,
      names: {
        categories: ["all"],
        kind,
        listKind: `${kind}List`,
        plural,
        shortNames: [`${kind.toLowerCase()}x`],
        singular: kind.toLowerCase(),
        ...rest.names,
      },
      ...rest.spec,
      versions,
    },
    ...({
      status: { acceptedNames: { kind: "", plural: "" }, conditions: [], storedVersions: [] },
    } as object),
  };
}

/** One version with every keyword that a generator writes, and every spelling of "nothing" that a person does. */
export function richVersion(name: string, more: Partial<Version> = {}, fields: Record<string, Schema> = {}): Version {
  return {
    name,
    served: true,
    storage: false,
    deprecated: false,
    additionalPrinterColumns: [
      { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      { name: "Replicas", type: "integer", jsonPath: ".spec.replicas", priority: 0, description: "" },
      { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
    ],
    selectableFields: [{ jsonPath: ".spec.mode" }],
    subresources: {
      status: {},
      scale: {
        specReplicasPath: ".spec.replicas",
        statusReplicasPath: ".status.replicas",
        labelSelectorPath: ".status.selector",
      },
    },
    schema: { openAPIV3Schema: { ...richSchema(fields) } },
    ...more,
  };
}

export function richSchema(fields: Record<string, Schema> = {}): Schema {
  return {
    description: 'Widget is "the" Schema\nfor the \\widgets API: {a: b} # — naïve, 100% ✓\t<tab>',
    type: "object",
    required: ["spec"],
    properties: {
      apiVersion: { description: "APIVersion defines\nthe versioned schema", type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec: {
        type: "object",
        required: [],
        "x-kubernetes-validations": [
          { rule: "!has(self.mode) || self.mode != 'bad'", message: "mode must not be bad" },
          { rule: "self.replicas >= oldSelf.replicas - 1000", messageExpression: "'too few'", fieldPath: ".replicas" },
        ],
        properties: {
          mode: { type: "string", enum: ["fast", "slow", "on", "null", ""], default: "fast" },
          replicas: { type: "integer", format: "int32", minimum: 0.0, maximum: 1e3, default: 1 },
          big: { type: "integer", format: "int64", minimum: -9223372036854775808, maximum: 9223372036854775807 },
          ratio: { type: "number", multipleOf: 0.1, exclusiveMinimum: false },
          port: { "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] },
          quantity: {
            anyOf: [{ type: "integer" }, { type: "string" }],
            pattern: "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE])?$",
            "x-kubernetes-int-or-string": true,
          },
          labels: { type: "object", additionalProperties: { type: "string" }, nullable: true, default: {} },
          extra: { type: "object", "x-kubernetes-preserve-unknown-fields": true, properties: {} },
          template: {
            type: "object",
            "x-kubernetes-embedded-resource": true,
            "x-kubernetes-preserve-unknown-fields": true,
          },
          conditions: {
            type: "array",
            minItems: 0,
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["type", "zone"],
            items: {
              type: "object",
              required: ["type"],
              properties: { type: { type: "string", maxLength: 316 }, zone: { type: "string", default: "" } },
            },
          },
          tags: { type: "array", items: { type: "string", minLength: 0 }, "x-kubernetes-list-type": "set" },
          ref: {
            type: "object",
            "x-kubernetes-map-type": "atomic",
            properties: { name: { type: "string", default: "", format: "" } },
          },
          ...fields,
        },
      },
      status: {
        type: "object",
        properties: {
          replicas: { type: "integer", format: "int32" },
          selector: { type: "string" },
          observed: { type: "string", format: "date-time" },
        },
      },
    },
  };
}

/** `---`, a comment and the document, as controller-gen prints it. */
export function asYaml(...documents: object[]): string {
  const text = (document: object): string => stringify(document, { version: "1.1" }); // quotes what kubectl must not misread
  return documents
    .map((document) => `---\n# Code generated by controller-gen. DO NOT EDIT.\n${text(document)}`)
    .join("");
}

/** A CRD of so many versions, whose JSON is about `bytes` long: descriptions are what makes real ones large. */
export function largeDefinition(kind: string, group: string, versions: number, bytes: number): Definition {
  const fields = 20;
  const words = Math.floor(bytes / versions / fields) - 100;
  const description = "lorem ipsum dolor sit amet ".repeat(Math.ceil(words / 27)).slice(0, words);
  const properties = Object.fromEntries(
    Array.from({ length: fields }, (_, index) => [`field${index}`, { type: "string", description }]),
  );
  return definitionOf({
    kind,
    group,
    versions: Array.from({ length: versions }, (_, index) => ({
      name: `v1alpha${index + 1}`,
      served: true,
      storage: index === 0,
      schema: { openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties } } } },
    })),
  });
}
