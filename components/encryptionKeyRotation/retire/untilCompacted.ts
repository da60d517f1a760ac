import type { RotationProof } from "../proof/record";

/**
 * At each interval an API server compacts etcd to where it was at the one before (k8s.io/apiserver pkg/storage/etcd3/compact.go): what was
 * overwritten right after one compaction is there until the next but one.
 */
const COMPACTIONS = 2;

/**
 * How long what was overwritten before these proofs may still be read at an old revision. However the clock was set meanwhile, no longer
 * than that from now on. Pure.
 *
 * @param now milliseconds, as of `Date.now()`
 */
export function millisecondsUntilCompacted(
  proofs: readonly Pick<RotationProof, "at">[],
  intervalSeconds: number,
  now: number,
): number {
  const kept = COMPACTIONS * intervalSeconds * 1_000;
  const last = Math.max(0, ...proofs.map(({ at }) => Date.parse(at)));
  return Math.max(0, Math.min(last - now + kept, kept));
}
