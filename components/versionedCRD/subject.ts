import { stateBeforeAdoption } from "./adoption";
import type { Definition } from "../crd/definition";
import { readDefinition } from "../crd/readDefinition";
import type { Cluster } from "../kubernetes/cluster";
import { hasErrorStatus } from "../kubernetes/errors";
import { describeProblem } from "../kubernetes/problem";
import type { Subject } from "../provider/subject";
import type { PhaseInputs, PhaseOutputs, ServeInputs } from "./inputs";
import { planDefinition } from "./planReads";

/** VersionedCRD: one CustomResourceDefinition. */
export const definitionSubject: Subject<PhaseInputs, Definition | undefined> = {
  key: "crd",
  first: "serve",
  lock: ({ crd }) => crd,
  read: (cluster, { crd }) => readDefinition(cluster, crd),
  readForPlan: (cluster, { crd }) => planDefinition(cluster, crd),
  inputsFromState(olds, news) {
    const { owner: formerOwner } = (olds ?? {}) as Partial<ServeInputs>;
    const { owner } = news as Partial<ServeInputs>;
    return {
      ...(stateBeforeAdoption(olds) === "official" && { __adopts: true }),
      ...(formerOwner !== undefined && owner !== undefined && formerOwner !== owner && { __formerOwner: formerOwner }),
    };
  },
  whyAnotherSubject: (olds, { crd }, cluster) => whyRenamed(priorName(olds), crd, cluster),
  whyTwice: (crd, components) =>
    describeProblem({
      what: `${crd}: two components of this program move it, ${components.join(" and ")}`,
      expected: "one VersionedCRD for a CRD on a cluster",
      why: "each would undo what the other does",
      next: "remove one, or correct its manifest or its cluster",
    }),
  currentOutputs: (live): Partial<PhaseOutputs> =>
    live === undefined ? {} : { storedVersions: live.status?.storedVersions ?? [] },
  outputsToKeep(outputs): Partial<PhaseOutputs> {
    const { storageVersion, storedVersions } = outputs as Partial<PhaseOutputs>;
    return { ...(storageVersion !== undefined && { storageVersion }), ...(storedVersions && { storedVersions }) };
  },
};

/** The CRD that the state speaks of, whoever wrote it there. */
function priorName(olds: object | undefined): string | undefined {
  const { crd, metadata } = (olds ?? {}) as { crd?: string; metadata?: { name?: string } };
  return crd ?? metadata?.name;
}

/**
 * Why one component must not go on with another CRD: the one it moved so far would stay behind, in no program, with all its
 * objects. A name that never reached the cluster may be corrected.
 */
async function whyRenamed(before: string | undefined, now: string, cluster: Cluster): Promise<string[]> {
  if (before === undefined || before === now || !(await exists(before, cluster))) return [];
  return [
    describeProblem({
      what: `${now}: this component's CRD is ${before} so far, and it is in the cluster`,
      expected: before,
      why: "plural and group can never change",
      next: `put them back, or give ${now} a VersionedCRD of its own and copy the objects over`,
    }),
  ];
}

/** One that may not be read is there for all we know. */
async function exists(name: string, cluster: Cluster): Promise<boolean> {
  try {
    return (await readDefinition(cluster, name)) !== undefined;
  } catch (error) {
    if (hasErrorStatus(error, 403)) return true;
    throw error;
  }
}
