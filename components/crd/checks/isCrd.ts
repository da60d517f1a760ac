import { describeProblem } from "../../kubernetes/problem";
import type { Definition, Version } from "../definition";

/** A manifest of another kind, or of the removed v1beta1, would be applied to something we never meant to touch. */
export function isCrd(manifest: unknown): string[] {
  const found = (manifest ?? {}) as Partial<Definition>;
  if (found.kind !== "CustomResourceDefinition" || found.apiVersion !== "apiextensions.k8s.io/v1") {
    return [
      describeProblem({
        what: `found apiVersion ${found.apiVersion ?? "(none)"}, kind ${found.kind ?? "(none)"}`,
        expected: "apiVersion apiextensions.k8s.io/v1, kind CustomResourceDefinition",
        next:
          found.kind === "CustomResourceDefinition"
            ? "write it as apiextensions.k8s.io/v1: Kubernetes 1.22 and later take nothing else"
            : "give the CRD itself, not an object of it",
      }),
    ];
  }
  const missing = findMissingFields(found);
  if (missing.length > 0) {
    return [
      describeProblem({
        what: `${missing.join(", ")} not found`,
        expected: "in every CustomResourceDefinition",
        next: "complete the manifest",
      }),
    ];
  }
  const notText = namesThatAreNoText(found.spec?.versions);
  if (notText.length > 0) return notText;
  const expected = `${found.spec?.names.plural}.${found.spec?.group}`;
  if (found.metadata?.name === expected) return [];
  return [
    describeProblem({
      what: `metadata.name is ${found.metadata?.name}`,
      expected: `${expected} (spec.names.plural, a dot, spec.group)`,
      next: "correct one of them",
    }),
  ];
}

function findMissingFields({ metadata, spec }: Partial<Definition>): string[] {
  const required: Readonly<Record<string, unknown>> = {
    "metadata.name": metadata?.name,
    "spec.group": spec?.group,
    "spec.names.kind": spec?.names?.kind,
    "spec.names.plural": spec?.names?.plural,
    "spec.scope": spec?.scope,
  };
  const fields = Object.keys(required).filter((field) => required[field] === undefined);
  return [...fields, ...missingOfVersions(spec?.versions)];
}

function missingOfVersions(versions: unknown): string[] {
  if (!Array.isArray(versions)) return ["spec.versions"];
  return versions.flatMap((version: Partial<Version> | null, index) =>
    version?.name == null ? [`spec.versions[${index}].name`] : [],
  );
}

/** In YAML `2.0` is a number, and `on` may be true. */
function namesThatAreNoText(versions: Partial<Version>[] = []): string[] {
  return versions.flatMap(({ name }, index) =>
    typeof name === "string"
      ? []
      : [
          describeProblem({
            what: `spec.versions[${index}].name is ${JSON.stringify(name)}, a ${typeof name}`,
            expected: "a text",
            next: "write a name such as v2",
          }),
        ],
  );
}
