import type { CrdFacts } from "../../../components/status/facts";
import type { Question } from "../../../components/status/finding";

/** A CRD with nothing to say about, and what is given instead. `v1 v2*`: v2 is the storage version; `v1-`: not served; `v1!`: deprecated. */
export function seen(versions: string, given: Partial<CrdFacts> = {}): CrdFacts {
  const words = versions.split(" ").map((word) => /^(\w+)([-!*]*)$/.exec(word) ?? []);
  const storage = words.find(([, , marks = ""]) => marks.includes("*"))?.[1] ?? "";
  return {
    name: "databases.example.com",
    group: "example.com",
    kind: "Database",
    plural: "databases",
    scope: "Namespaced",
    generation: 3,
    storage,
    storedVersions: [storage],
    versions: words.map(([, name = "", marks = ""]) => ({
      name,
      served: !marks.includes("-"),
      deprecated: marks.includes("!"),
    })),
    conditions: [
      { type: "NamesAccepted", status: "True" },
      { type: "Established", status: "True" },
    ],
    manifest: { tools: [], managers: [] },
    objects: { state: "counted", count: 3 },
    ...given,
  };
}

export const NOW = new Date("2026-11-01T00:00:00Z");

export const question = (given: Partial<Question> = {}): Question => ({
  now: NOW,
  migrate: "kubernetes-storage-migration migrate databases.example.com",
  kubectl: "",
  ...given,
});
