import type { Definition } from "../../../crd/definition";
import type { Check, DefinitionCheck } from "../../check";
import { describeChange } from "../../describeValue";

type About = Pick<Check, "id" | "severity" | "why" | "fix">;

/** One value of spec that has to stay; `valueOf` fills in what the API server fills in. */
function constant(path: string, about: About, valueOf: (definition: Definition) => unknown): DefinitionCheck {
  const key = path.replace(/^spec\./, "");
  const [name = ""] = path.split(".").slice(-1);
  return {
    ...about,
    explain: `\`${path}\` is another one.`,
    keys: [key],
    compare: (old, next) => {
      const [before, after] = [valueOf(old), valueOf(next)];
      return before === after ? [] : [{ below: path, what: describeChange(name, before, after) }];
    },
  };
}

const OTHER_CRD = "Keep it, or make a CRD of its own and copy the objects from the old one to it.";

/** Names that are gone from a list of them; new ones are harmless. */
function shortened(key: string, about: About, explain: string): DefinitionCheck {
  const namesOf = ({ spec }: Definition): string[] => (spec.names[key] ?? []) as string[];
  return {
    ...about,
    explain,
    keys: [`names.${key}`],
    compare: (old, next) => {
      const after = new Set(namesOf(next));
      return namesOf(old)
        .filter((name) => !after.has(name))
        .map((name) => ({ below: `spec.names.${key}.${name}`, what: `${name} → none` }));
    },
  };
}

export const names: readonly DefinitionCheck[] = [
  constant(
    "spec.group",
    {
      id: "group-changed",
      severity: "error",
      why: "It is another API: no client and no object of the old one is known to it.",
      fix: OTHER_CRD,
    },
    ({ spec }) => spec.group,
  ),
  constant(
    "spec.scope",
    {
      id: "scope-changed",
      severity: "error",
      why: "The API server never changes it on a CRD that is established.",
      fix: OTHER_CRD,
    },
    ({ spec }) => spec.scope,
  ),
  constant(
    "spec.names.kind",
    {
      id: "kind-changed",
      severity: "error",
      why: "The API server never changes it on a CRD that is established, and every manifest names it.",
      fix: OTHER_CRD,
    },
    ({ spec }) => spec.names.kind,
  ),
  constant(
    "spec.names.plural",
    {
      id: "plural-changed",
      severity: "error",
      why: "It is another CRD with other paths: no client and no object of the old one is known to it.",
      fix: OTHER_CRD,
    },
    ({ spec }) => spec.names.plural,
  ),
  constant(
    "spec.names.listKind",
    {
      id: "list-kind-changed",
      severity: "error",
      why: "Clients that expect the old kind of list cannot read a list any more.",
      fix: "Keep it.",
    },
    ({ spec: { names } }) => names["listKind"] || `${names.kind}List`,
  ),
  constant(
    "spec.names.singular",
    {
      id: "singular-changed",
      severity: "warning",
      why: "`kubectl get` with the old name, by hand or in a script, fails.",
      fix: "Keep it, or add the old name to spec.names.shortNames.",
    },
    ({ spec: { names } }) => names["singular"] || names.kind.toLowerCase(),
  ),
  shortened(
    "shortNames",
    {
      id: "short-name-removed",
      severity: "warning",
      why: "`kubectl get` with the short name, by hand or in a script, fails.",
      fix: "Put the short name back.",
    },
    "A name of `spec.names.shortNames` is gone.",
  ),
  shortened(
    "categories",
    {
      id: "category-removed",
      severity: "warning",
      why: "`kubectl get CATEGORY` no longer shows these objects, and says nothing.",
      fix: "Put the category back.",
    },
    "A name of `spec.names.categories` is gone.",
  ),
];
