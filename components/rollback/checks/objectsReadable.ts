import type { Problem } from "../../kubernetes/problem";
import type { RollbackFacts } from "../facts";

/** What cannot be read cannot be rewritten. */
export function objectsReadable({ live, read }: RollbackFacts): Problem[] {
  return Object.entries(read).flatMap(([version, found]) =>
    found.state !== "unreadable"
      ? []
      : [
          {
            what: `${live.metadata.name}: its objects cannot be listed as ${version}: ${found.why}`,
            expected: "a LIST that answers",
            why: "an object that cannot be read cannot be rewritten",
            next: "put back the conversion webhook, version or key that it needs, or mend or delete the object it names (in etcd, where the API cannot)",
          },
        ],
  );
}
