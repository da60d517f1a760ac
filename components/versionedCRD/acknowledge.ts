import type { Problem } from "../kubernetes/problem";

/** What a user may take upon themselves. */
const CHECKS = ["object-size", "version-in-use"] as const;

/** The user's word that one finding is known and does not stop the rollout. */
export interface Acknowledgement {
  /**
   * The check whose finding it is. `version-in-use`: objects were written through a version that is to be dropped, since migrate
   * ended. `object-size`: an object is larger than etcd takes by default.
   */
  check: (typeof CHECKS)[number];
  /** What it was found in, as the error names it: for both the name of the version. */
  path: string;
  /** Why it is no reason to stop, for whoever reads the program and the row. */
  reason: string;
}

/** Why these are no acknowledgements; undefined where they are. Plain JavaScript programs have no compiler to tell them. */
export function whyNoAcknowledgements(given: unknown): Problem | undefined {
  const example = `[{ check: "version-in-use", path: "v1", reason: "…" }]`;
  if (!Array.isArray(given)) return { what: `acknowledge is of type ${typeof given}`, expected: example };
  for (const [index, each] of given.entries()) {
    const { check, path, reason } = (each ?? {}) as Partial<Record<keyof Acknowledgement, unknown>>;
    const where = `acknowledge[${index}]`;
    if (!(CHECKS as readonly unknown[]).includes(check)) {
      return { what: `${where}.check is ${String(check)}`, expected: `one of ${CHECKS.join(", ")}` };
    }
    for (const [name, value] of Object.entries({ path, reason })) {
      if (typeof value === "string" && value.trim() !== "") continue;
      return { what: `${where}.${name} is ${JSON.stringify(value) ?? "missing"}`, expected: `text, as in ${example}` };
    }
  }
  return undefined;
}

/** The user's reason why this finding is none that stops; undefined where they gave none. */
export function acknowledgedReason(
  given: readonly Acknowledgement[] | undefined,
  check: Acknowledgement["check"],
  path: string,
): string | undefined {
  return given?.find((each) => each.check === check && each.path === path)?.reason;
}
