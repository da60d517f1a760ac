import type { Acknowledgement } from "../compatibility/acknowledgements";
import { CHECKS } from "../compatibility/checks";
import type { Problem } from "../kubernetes/problem";

/**
 * What is found in the cluster, not in the schemas. `version-in-use`: objects were written through a version that is to be dropped,
 * since migrate ended. `object-size`: an object is larger than etcd takes by default. The path of both is the name of the version.
 */
type LiveCheck = "object-size" | "version-in-use";
const LIVE_CHECKS: readonly LiveCheck[] = ["object-size", "version-in-use"];

/** Why these are no acknowledgements; undefined where they are. Plain JavaScript programs have no compiler to tell them. */
export function whyNoAcknowledgements(given: unknown): Problem | undefined {
  const example = `[{ check: "version-in-use", path: "v1", reason: "…" }]`;
  if (!Array.isArray(given)) return { what: `acknowledge is of type ${typeof given}`, expected: example };
  for (const [index, each] of given.entries()) {
    const { check, path, reason } = (each ?? {}) as Partial<Record<keyof Acknowledgement, unknown>>;
    const where = `acknowledge[${index}]`;
    if (!isCheck(check)) {
      return {
        what: `${where}.check is ${String(check)}`,
        expected: `${LIVE_CHECKS.join(", ")}, or a check of docs/checks.md, as the error names it`,
      };
    }
    for (const [name, value] of Object.entries({ path, reason })) {
      if (typeof value === "string" && value.trim() !== "") continue;
      return { what: `${where}.${name} is ${JSON.stringify(value) ?? "missing"}`, expected: `text, as in ${example}` };
    }
  }
  return undefined;
}

function isCheck(check: unknown): boolean {
  return (LIVE_CHECKS as readonly unknown[]).includes(check) || CHECKS.some(({ id }) => id === check);
}

/** The user's reason why this finding is none that stops; undefined where they gave none. */
export function acknowledgedReason(
  given: readonly Acknowledgement[] | undefined,
  check: LiveCheck,
  path: string,
): string | undefined {
  return given?.find((each) => each.check === check && each.path === path)?.reason;
}

/** The same inputs, with what of the acknowledgements concerns a rehearsal. */
export function withAcknowledged<T extends { version: string; acknowledge?: Acknowledgement[] }>(
  inputs: T,
): T & { mayBeLarge: boolean } {
  return { ...inputs, mayBeLarge: acknowledgedReason(inputs.acknowledge, "object-size", inputs.version) !== undefined };
}
