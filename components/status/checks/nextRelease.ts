import { oneStorageVersion } from "../../crd/checks/oneStorageVersion";
import { versionNamesUnique } from "../../crd/checks/versionNamesUnique";
import { versionNamesOfDefinition, type Definition } from "../../crd/definition";
import type { CrdFacts } from "../facts";
import type { Finding, Question } from "../finding";
import { howToMigrate } from "./howToMigrate";

/**
 * What the API server would refuse of the next release's manifest, said before it is tried.
 * k8s.io/apiextensions-apiserver pkg/apis/apiextensions/validation/validation.go, ValidateCustomResourceDefinitionUpdate
 */
export function nextRelease(facts: CrdFacts, question: Question): Finding[] {
  if (question.next === undefined) return [];
  const { where, manifest } = question.next;
  const findings = [storedVersionGone, neverChanges, storageVersion].flatMap((rule) => rule(facts, manifest, question));
  return findings.map(({ what, ...parts }) => ({
    verdict: "blocked",
    problem: { what: `the API server would refuse ${where}: ${what}`, ...parts },
  }));
}

type Rule = (facts: CrdFacts, manifest: Definition, question: Question) => Finding["problem"][];

const storedVersionGone: Rule = (facts, manifest, question) => {
  const gone = facts.storedVersions.filter((name) => !versionNamesOfDefinition(manifest).includes(name));
  if (gone.length === 0) return [];
  const isStorageGone = gone.includes(facts.storage);
  return [
    {
      what: `it does not have ${gone.join(", ")}, which status.storedVersions names`,
      expected: `${gone.join(", ")} in spec.versions, or not in status.storedVersions ([${facts.storedVersions.join(", ")}])`,
      why: isStorageGone
        ? `${facts.storage} is the storage version today, so every object may be stored in it`
        : "objects may be stored so",
      next: isStorageGone
        ? `install a release first that has ${facts.storage} and a newer storage version, migrate, then this one`
        : `before the upgrade: ${howToMigrate(facts, question)}`,
    },
  ];
};

const neverChanges: Rule = ({ group, kind, plural, scope }, { spec }) => {
  const fields: [string, string, string][] = [
    ["spec.group", group, spec.group],
    ["spec.scope", scope, spec.scope],
    ["spec.names.kind", kind, spec.names.kind],
    ["spec.names.plural", plural, spec.names.plural],
  ];
  return fields
    .filter(([, live, next]) => live !== next)
    .map(([field, live, next]) => ({
      what: `${field} is ${next}`,
      expected: `${live}, as in the cluster: it can never change`,
      why: "objects of another kind or scope have other keys in etcd",
      next: "it needs a CRD of another name, and its objects made anew",
    }));
};

const storageVersion: Rule = (_facts, manifest) =>
  [...versionNamesUnique(manifest), ...oneStorageVersion(manifest)].map((problem) => {
    const [what = "", ...more] = problem.split("\n");
    const part = (name: string): string | undefined =>
      more.find((line) => line.trim().startsWith(`${name}:`))?.replace(/^\s*\w+:\s*/, "");
    return { what, expected: part("expected"), next: part("next") };
  });
