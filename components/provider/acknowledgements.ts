import { type Problem } from "../kubernetes/problem";

/** The user's word that they know of something, by the check that finds it and what it is found in. */
export interface Acknowledged {
  check: string;
  path: string;
  reason: string;
}

export type Given = readonly Acknowledged[] | undefined;

/** Which acknowledgements a component knows. */
export interface KnownChecks {
  readonly isCheck: (check: unknown) => boolean;
  /** The checks, as words. */
  readonly checks: string;
  readonly example: string;
}

/** Why these are no acknowledgements; undefined where they are. Plain JavaScript programs have no compiler to tell them. */
export function whyNoAcknowledgements(given: unknown, { isCheck, checks, example }: KnownChecks): Problem | undefined {
  if (!Array.isArray(given)) return { what: `acknowledge is of type ${typeof given}`, expected: `[${example}]` };
  for (const [index, each] of given.entries()) {
    const { check, path, reason } = (each ?? {}) as Partial<Record<keyof Acknowledged, unknown>>;
    const where = `acknowledge[${index}]`;
    if (!isCheck(check)) return { what: `${where}.check is ${String(check)}`, expected: checks };
    for (const [name, value] of Object.entries({ path, reason })) {
      if (typeof value === "string" && value.trim() !== "") continue;
      return {
        what: `${where}.${name} is ${JSON.stringify(value) ?? "missing"}`,
        expected: `text, as in [${example}]`,
      };
    }
  }
  return undefined;
}

/** A requirement that is no boolean would be a gate left open. */
export function whyNoRequireAcknowledgement(given: unknown): Problem | undefined {
  if (given === undefined || typeof given === "boolean") return undefined;
  return { what: `requireAcknowledgement is of type ${typeof given}`, expected: "true or false" };
}

/** The user's reason why this finding is none that stops; undefined where they gave none. */
export function acknowledgedReason(given: Given, check: string, path: string): string | undefined {
  return given?.find((each) => each.check === check && each.path === path)?.reason;
}
