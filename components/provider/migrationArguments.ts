import type { Problem } from "../kubernetes/problem";

/** How objects are rewritten, as the components are told; both may be left out. */
export interface MigrationArgs {
  readonly migrator?: "in-tree" | "direct";
  readonly requestTimeoutSeconds?: number;
}

/** What is wrong with them. A wait of no length, from a value that is no number, would be a gate left open. */
export function whyNoMigrationArgs({ migrator = "in-tree", requestTimeoutSeconds = 60 }: MigrationArgs): Problem[] {
  const problems: Problem[] = [];
  if (migrator !== "in-tree" && migrator !== "direct") {
    problems.push({ what: `migrator is ${String(migrator)}`, expected: "in-tree or direct" });
  }
  if (!Number.isInteger(requestTimeoutSeconds) || requestTimeoutSeconds < 1 || requestTimeoutSeconds > 3600) {
    problems.push({
      what: `requestTimeoutSeconds is ${String(requestTimeoutSeconds)}`,
      expected: "whole seconds from 1 to 3600, the API servers' --request-timeout",
    });
  }
  return problems;
}
