import type { Definition } from "../../crd/definition";
import type { ClusterWork } from "../../kubernetes/cluster";
import { withoutRetries } from "../../kubernetes/retry";
import { sleep } from "../../kubernetes/sleep";
import { liveDefinitionMoved } from "../definition/liveDefinition";
import { readDefinition } from "../../crd/readDefinition";

const LOOK_EVERY_MS = 3_000;

/** Has its owner edited the spec since it was read? */
export async function hasDefinitionMoved(
  { metadata }: Definition,
  { cluster }: Pick<ClusterWork, "cluster">,
): Promise<boolean> {
  const now = await readDefinition(cluster, metadata.name);
  return now !== undefined && now.metadata.generation !== metadata.generation;
}

/**
 * Runs `act` and aborts it once the definition's generation has moved: an hour of rewriting would be for nothing, and agreement on
 * a storage version that is none any more would be waited for in vain.
 */
export async function whileUnmoved<T>(
  live: Definition,
  work: ClusterWork,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const moved = new AbortController();
  const ended = new AbortController();
  const watching = watchDefinition(live, work, moved, ended.signal);
  try {
    return await act(AbortSignal.any([work.signal, moved.signal]));
  } finally {
    ended.abort(new Error("ended"));
    await watching;
  }
}

/** Never rejects: whether it has moved is asked again before anything is recorded. */
async function watchDefinition(
  live: Definition,
  { cluster }: ClusterWork,
  moved: AbortController,
  ended: AbortSignal,
): Promise<void> {
  const { name, generation = 0 } = live.metadata;
  while (!ended.aborted && !moved.signal.aborted) {
    await sleep(LOOK_EVERY_MS, ended).catch(() => undefined);
    if (ended.aborted) return;
    const now = await withoutRetries(() => readDefinition(cluster, name)).catch(() => live);
    if (now !== undefined && now.metadata.generation !== generation) {
      moved.abort(liveDefinitionMoved(name, generation, now.metadata));
    }
  }
}
