import type { Cluster } from "../kubernetes/cluster";

/** Plans of one run are made within seconds, unless phases run in between. */
const SHARED_MS = 10_000;

let phasesBegunOrEnded = 0;

/** Called where a phase begins and where it ends: the next plan is to see what it did. */
export function endSharingByPlans(): void {
  phasesBegunOrEnded++;
}

/**
 * The same question, asked once for all phases of what it is about that are planned within ten seconds, none of which has run:
 * in a preview all of them, and whatever has nothing to do in `up`. For plans alone; what runs asks the cluster itself.
 *
 * @param keyOf what the question is about
 */
export function sharedByPlans<Asked, T>(
  ask: (cluster: Cluster, about: Asked) => Promise<T>,
  keyOf: (about: Asked) => string,
): (cluster: Cluster, about: Asked) => Promise<T> {
  const answers = new WeakMap<Cluster, Map<string, { at: number; phases: number; answer: Promise<T> }>>();
  return (cluster, about) => {
    const ofCluster = answers.get(cluster) ?? new Map<string, { at: number; phases: number; answer: Promise<T> }>();
    answers.set(cluster, ofCluster);
    const key = keyOf(about);
    const known = ofCluster.get(key);
    const isCurrent = known?.phases === phasesBegunOrEnded && performance.now() - known.at < SHARED_MS;
    if (known !== undefined && isCurrent) return known.answer;
    const answer = ask(cluster, about);
    ofCluster.set(key, { at: performance.now(), phases: phasesBegunOrEnded, answer });
    answer.catch(() => ofCluster.delete(key));
    return answer;
  };
}
