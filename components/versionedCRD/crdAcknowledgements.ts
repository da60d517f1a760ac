import type { Acknowledgement } from "../compatibility/acknowledgements";
import { CHECKS } from "../compatibility/checks";
import type { Problem } from "../kubernetes/problem";
import { acknowledgedReason, whyNoAcknowledgements } from "../provider/acknowledgements";

/**
 * What is found in the cluster, not in the schemas. `version-dropped`: a version is to be dropped, and `requireAcknowledgement` asks
 * for the user's word. `version-in-use`: objects were written through such a version since migrate ended. `object-size`: an object
 * is larger than etcd takes by default. The path of each is the name of the version.
 */
const LIVE_CHECKS: readonly string[] = ["object-size", "version-dropped", "version-in-use"];

/** Those that speak of a version that drop removes. */
export const CHECKS_OF_DROP: readonly string[] = ["version-dropped", "version-in-use"];

/** Why these are no acknowledgements of a CRD; undefined where they are. */
export function whyNoCrdAcknowledgements(given: unknown): Problem | undefined {
  return whyNoAcknowledgements(given, {
    isCheck: (check) => LIVE_CHECKS.includes(check as string) || CHECKS.some(({ id }) => id === check),
    checks: `${LIVE_CHECKS.join(", ")}, or a check of docs/checks.md, as the error names it`,
    example: `{ check: "version-in-use", path: "v1", reason: "…" }`,
  });
}

/** The same inputs, with what of the acknowledgements concerns a rehearsal. */
export function withAcknowledgedSize<T extends { version: string; acknowledge?: Acknowledgement[] }>(
  inputs: T,
): T & { mayBeLarge: boolean } {
  return { ...inputs, mayBeLarge: acknowledgedReason(inputs.acknowledge, "object-size", inputs.version) !== undefined };
}
