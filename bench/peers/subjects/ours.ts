import { canonicalDigest } from "../../../components/crd/canonical";
import { NO_HOLD } from "../../../components/kubernetes/lockHold";
import { requireLiveDefinition } from "../../../components/migration/definition/liveDefinition";
import { rewriteAllObjects } from "../../../components/migration/rewrite/rewriteAllObjects";
import type { PhaseInputs } from "../../../components/versionedCRD/inputs";
import { migrate } from "../../../components/versionedCRD/migrate/migrate";
import { rehearse } from "../../../components/versionedCRD/rehearse/rehearse";
import { proveSecrets } from "../../rotation";
import { quiet } from "../../secrets";
import { CRD, GROUP, KIND, PLURAL } from "../../widgets";
import { REQUEST_TIMEOUT_SECONDS } from "../../clusterOptions";
import type { Stage, Subject } from "../stage";

/** The pass by itself, to be held against the limit. */
export const ourPass: Subject = {
  name: "ours: direct, the pass alone",
  proves: false,
  run: async ({ cluster, resource }) => {
    const { failedCount } = await rewriteAllObjects(cluster, resource, quiet());
    if (failedCount > 0) throw new Error(`${failedCount} objects failed; expected none`);
  },
};

export const ourMigrators: Subject[] = (["direct", "in-tree"] as const).map((migrator) => ({
  name: migrator === "direct" ? "ours: direct" : "ours: default",
  proves: true,
  prepare: rehearseDefinition,
  run: async ({ cluster, resource: { version }, encryption }) => {
    if (encryption !== undefined) return proveSecrets(cluster, encryption.file, encryption.writeKey, migrator);
    await migrate.run(
      { ...SHARED, version, migrator, versions: {} },
      { ...quiet(), cluster, lock: NO_HOLD, saveOutputs: () => undefined },
    );
  },
}));

const SHARED: PhaseInputs = {
  cluster: {},
  crd: CRD,
  group: GROUP,
  plural: PLURAL,
  kind: KIND,
  requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS,
  decommissionedServers: [],
};

/** The phase before it: without a clean rehearsal of this definition migrate refuses to begin. */
async function rehearseDefinition({ cluster, resource: { version }, encryption }: Stage): Promise<void> {
  if (encryption !== undefined) return;
  const { spec } = await requireLiveDefinition(cluster, CRD);
  const inputs = { ...SHARED, version, versions: {}, schema: canonicalDigest(spec), stopsHere: false };
  await rehearse.run(inputs, { ...quiet(), cluster, lock: NO_HOLD, saveOutputs: () => undefined });
}
