import type { Cluster } from "../kubernetes/cluster";
import type { SharedInputs } from "./inputs";

/** What the phases of one component are about: which live thing they read, lock, and record. */
export interface Subject<Inputs extends SharedInputs, Live> {
  /** The input that names it: the resource's id, and where a refusal is shown. */
  readonly key: keyof Inputs & string;
  /** The phase ahead of all others. */
  readonly first: string;
  /** What the lock is called after: one rollout of it at a time in the cluster. Undefined where `run` takes locks of its own. */
  lock(inputs: Inputs): string | undefined;
  read(cluster: Cluster, inputs: Inputs): Promise<Live>;
  /** The same for a plan, which may share the answer with other phases that are planned at the same time. Default: `read`. */
  readForPlan?(cluster: Cluster, inputs: Inputs): Promise<Live>;
  /** What only the old state knows. In the inputs, since a running phase is not shown the old ones. */
  inputsFromState(olds: object | undefined, news: Inputs): object;
  /** Why the component must not go on with another one than the state speaks of. */
  whyAnotherSubject(olds: object | undefined, inputs: Inputs, cluster: Cluster): Promise<string[]>;
  /** Why a program must not have two of them for one `id`, by the components' names. Absent where it may. */
  whyTwice?(id: string, components: readonly [string, string]): string;
  /** What a held phase records: where the cluster stands. */
  currentOutputs(live: Live): object;
  /** That of the recorded outputs: what stays in the state should the next run fail, and what preview may know of them. */
  outputsToKeep(outputs: object): object;
}
