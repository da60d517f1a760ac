import {
  servedByName,
  storageVersion,
  versionNamesOfDefinition,
  type Definition,
} from "../../../components/crd/definition";
import { PROOF_ANNOTATION, REHEARSAL_ANNOTATION } from "../../../components/crd/names";
import type { ApiRequest } from "../../../components/kubernetes/api";
import type { Cluster } from "../../../components/kubernetes/cluster";
import { carryProof } from "../../../components/versionedCRD/carryProof";
import { PHASES, type PhaseName } from "../../../components/versionedCRD/phase";
import { planDefinitionMigrate } from "../../../components/migration/definition/plan";
import { planDrop, planRehearse, planServe, planStore } from "../../../components/versionedCRD/plan";
import {
  recordedRehearsal,
  type Proof,
  type RehearsalRecord,
} from "../../../components/migration/definition/recordedOnDefinition";
import {
  removedStage,
  servedStage,
  storedStage,
  unservedStage,
  withdrawnVersions,
} from "../../../components/versionedCRD/stages";
import { applied } from "../apiServer";
import { OWNER, withMetadata, withStored } from "../fixtures";
import { digestRehearsedSchema } from "../../../components/versionedCRD/rehearsalRecord";

type Live = Definition | undefined;

/** What every phase plans for this cluster; a list taken now has the definition's own resourceVersion. */
export function plans(live: Live, manifest: Definition, stopAfter: PhaseName = "drop"): Record<PhaseName, string[]> {
  const version = storageVersion(manifest);
  const facts = live === undefined ? {} : { storageMigrationApi: "v1", listed: live.metadata.resourceVersion };
  return {
    serve: planServe(live, manifest, OWNER),
    rehearse: planRehearse(live, { ...rehearsed(manifest), stopsHere: stopAfter === "rehearse" }),
    store: planStore(live, version),
    migrate: planDefinitionMigrate(live, version, "in-tree", facts, servedByName(manifest)),
    drop: planDrop(live, versionNamesOfDefinition(manifest)),
  };
}

/** What rehearse is told about the manifest. */
function rehearsed(manifest: Definition) {
  return {
    version: storageVersion(manifest),
    schema: digestRehearsedSchema(manifest),
    versions: servedByName(manifest),
  };
}

/** The definition after the phases up to `last` ran, each only if it had something to do. */
export async function ranUpTo(last: PhaseName, start: Live, manifest: Definition): Promise<Live> {
  let live = start;
  for (const phase of PHASES.slice(0, PHASES.indexOf(last) + 1)) live = await ran(phase, live, manifest, last);
  return live;
}

/** The definition after one phase, as components/phases does it, without the objects. */
export async function ran(phase: PhaseName, live: Live, manifest: Definition, last: PhaseName = "drop"): Promise<Live> {
  if (plans(live, manifest, last)[phase].length === 0) return live;
  if (phase === "serve") return carried(live, applied(live, servedStage(manifest, live, OWNER)));
  if (live === undefined) throw new Error(`${phase} has a plan for a CRD that is not there`);
  const version = storageVersion(manifest);
  switch (phase) {
    case "rehearse":
      return annotated(live, REHEARSAL_ANNOTATION, rehearsal(live, manifest));
    case "store":
      return rehearsalCarried(applied(live, storedStage(live, version)));
    case "migrate":
      return withStored(annotated(live, PROOF_ANNOTATION, proofOf(live)), version);
    case "drop":
      return dropped(live, manifest);
  }
}

export function proofOf(live: Definition, more: Partial<Proof> = {}): Proof {
  const { uid = "", generation = 0, resourceVersion = "" } = live.metadata;
  const storage = storageVersion(live);
  return { uid, generation, storageVersion: storage, resourceVersion, objects: 3, servers: [], missing: [], ...more };
}

export function rehearsal(live: Definition, manifest: Definition): RehearsalRecord {
  const { uid = "", generation = 0 } = live.metadata;
  return {
    uid,
    generation,
    version: storageVersion(manifest),
    schema: digestRehearsedSchema(manifest),
    objects: 3,
  };
}

/** As store does it: the flip moves the generation and nothing that was rehearsed. */
function rehearsalCarried(flipped: Definition): Definition {
  const record = { ...recordedRehearsal(flipped), generation: flipped.metadata.generation };
  return annotated(flipped, REHEARSAL_ANNOTATION, record);
}

export function annotated(live: Definition, annotation: string, value: unknown): Definition {
  const annotations = { ...live.metadata.annotations, [annotation]: JSON.stringify(value) };
  return withMetadata(live, { annotations, resourceVersion: String(Number(live.metadata.resourceVersion) + 1) });
}

/** `carryProof` with a cluster that answers its one merge patch, and in which every object was read before. */
export async function carried(before: Live, after: Definition, later = after, isAllRead = true): Promise<Definition> {
  const call = ({ body }: ApiRequest): Promise<Definition> => {
    const { annotations } = (body as Definition).metadata;
    return Promise.resolve(withMetadata(later, { annotations: { ...later.metadata.annotations, ...annotations } }));
  };
  return carryProof({ call } as unknown as Cluster, before, after, later, isAllRead);
}

async function dropped(live: Definition, manifest: Definition): Promise<Definition> {
  const gone = withdrawnVersions(live, versionNamesOfDefinition(manifest));
  const names = gone.map(({ name }) => name);
  const isServed = gone.some((version) => version.served);
  const hidden = isServed ? await carried(live, applied(live, unservedStage(live, names))) : live;
  return carried(hidden, applied(hidden, removedStage(hidden, names, manifest.spec.conversion)));
}
