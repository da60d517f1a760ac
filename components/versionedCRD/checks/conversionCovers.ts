import type { Definition, Schema } from "../../crd/definition";
import { describeProblem } from "../../kubernetes/problem";
import { prunedFields } from "../../compatibility/prunedFields";

/** What a conversion says of the kind it converts. */
export interface Converted {
  readonly group: string;
  readonly kind: string;
  readonly versions: readonly string[];
  readonly schemas: Readonly<Record<string, unknown>>;
}

/** The conversion and the manifest speak of the same kind, versions and fields: a field it does not know, it cannot carry. */
export function conversionCovers(manifest: Definition, converted: Converted): string[] {
  const { name } = manifest.metadata;
  const { group, names, versions } = manifest.spec;
  if (converted.group !== group || converted.kind !== names.kind) {
    return [
      describeProblem({
        what: `${name}: the conversion is of ${converted.kind} in ${converted.group}`,
        expected: `${names.kind} in ${group}, as in the manifest`,
        next: "correct `group` and `kind` of the conversion",
      }),
    ];
  }
  const missing = versions
    .filter((version) => !converted.versions.includes(version.name))
    .map((version) => version.name);
  if (missing.length > 0) {
    return [
      describeProblem({
        what: `${name}: the conversion has no version ${missing.join(", ")}`,
        expected: "every version of the manifest",
        why: `the conversion has ${converted.versions.join(", ")}`,
        next: `add ${missing.join(", ")} to the conversion, or take it out of the manifest`,
      }),
    ];
  }
  return versions.flatMap((version) => {
    const [mine, its] = [version.schema?.openAPIV3Schema ?? {}, (converted.schemas[version.name] ?? {}) as Schema];
    const fields = [...new Set([...prunedFields(mine, its), ...prunedFields(its, mine)])];
    if (fields.length === 0) return [];
    return [
      describeProblem({
        what: `${name}: the conversion's schema of ${version.name} differs from the manifest's at ${fields.join(", ")}`,
        expected: "the same fields",
        next: "write it anew with `npx pulumi-kubernetes-storage-migration schemas`",
      }),
    ];
  });
}
