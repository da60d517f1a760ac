import { readDefinition } from "../crd/live";
import type { Definition } from "../crd/definition";
import type { Cluster } from "../kubernetes/cluster";
import { nameBefore, stateBefore } from "./before";
import type { PhaseInputs, PhaseOutputs, ServeInputs, SharedInputs } from "./facets";
import { renamed } from "./renamed";

/** What the phases of one component are about: which live thing they read, lock, and record. */
export interface Subject<Inputs extends SharedInputs, Live> {
  /** The input that names it: the resource's id, and where a refusal is shown. */
  readonly key: keyof Inputs & string;
  /** The phase ahead of all others. */
  readonly first: string;
  /** What the lock is called after: one rollout of it at a time in the cluster. */
  lock(inputs: Inputs): string;
  read(cluster: Cluster, inputs: Inputs): Promise<Live>;
  /** What only the old state knows. In the inputs, since a running phase is not shown the old ones. */
  inherited(olds: object | undefined, news: Inputs): object;
  /** Why the component must not go on with another one than the state speaks of. */
  another(olds: object | undefined, inputs: Inputs, cluster: Cluster): Promise<string[]>;
  /** What a held phase records: where the cluster stands. */
  standing(live: Live): object;
  /** That of the recorded outputs: what stays in the state should the next run fail. */
  recorded(outputs: object): object;
}

/** VersionedCRD: one CustomResourceDefinition. */
export const definitionSubject: Subject<PhaseInputs, Definition | undefined> = {
  key: "crd",
  first: "serve",
  lock: ({ crd }) => crd,
  read: (cluster, { crd }) => readDefinition(cluster, crd),
  inherited(olds, news) {
    const { owner: formerOwner } = (olds ?? {}) as Partial<ServeInputs>;
    const { owner } = news as Partial<ServeInputs>;
    return {
      ...(stateBefore(olds) === "official" && { __adopts: true }),
      ...(formerOwner !== undefined && owner !== undefined && formerOwner !== owner && { __formerOwner: formerOwner }),
    };
  },
  another: (olds, { crd }, cluster) => renamed(nameBefore(olds), crd, cluster),
  standing: (live): Partial<PhaseOutputs> =>
    live === undefined ? {} : { storedVersions: live.status?.storedVersions ?? [] },
  recorded(outputs): Partial<PhaseOutputs> {
    const { storageVersion, storedVersions } = outputs as Partial<PhaseOutputs>;
    return { ...(storageVersion !== undefined && { storageVersion }), ...(storedVersions && { storedVersions }) };
  },
};
