import { VersionedCRD } from "./components";
import { asArgs, readStackConfig } from "./config";

const { cluster, crds: configured } = readStackConfig();

const components = configured.map((crd) => [crd.name, new VersionedCRD(crd.name, asArgs(crd, cluster))] as const);

/** For each CRD: the phase reached, storage version, storedVersions, objects rewritten, and the proof. */
export const crds = Object.fromEntries(
  components.map(([name, crd]) => [
    name,
    {
      phase: crd.phase,
      storageVersion: crd.storageVersion,
      storedVersions: crd.storedVersions,
      objectsRewritten: crd.objectsRewritten,
      proof: crd.proof,
    },
  ]),
);
