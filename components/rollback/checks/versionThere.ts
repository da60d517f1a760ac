import { versionNamesOfDefinition } from "../../crd/definition";
import type { Problem } from "../../kubernetes/problem";
import type { RollbackFacts } from "../facts";

/** The API server stores and serves only what spec.versions has, and its schema is nowhere else in the cluster. */
export function versionThere({ live, to }: RollbackFacts): Problem[] {
  const there = versionNamesOfDefinition(live);
  if (there.includes(to)) return [];
  return [
    {
      what: `${live.metadata.name}: ${to} is not in spec.versions: it was dropped already, or was never there`,
      expected: `one of ${there.join(", ")}`,
      why: "nothing can be served or stored as it, and its schema is gone",
      next: `put ${to} back into the manifest first, with its schema and the conversion that knows it, served: true and storage: false; apply that, and run this command again`,
    },
  ];
}
