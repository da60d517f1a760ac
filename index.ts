import { EncryptionKeyRotation, VersionedCRD } from "./components";
import { asArgs, asRotationArgs, readStackConfig } from "./config";

const { cluster, crds: crdConfigs = [], rotations: rotationConfigs = [] } = readStackConfig();

const versioned = crdConfigs.map((crd) => [crd.name, new VersionedCRD(crd.name, asArgs(crd, cluster))] as const);
const rotating = rotationConfigs.map(
  (each) => [each.name, new EncryptionKeyRotation(each.name, asRotationArgs(each, cluster))] as const,
);

/** For each CRD: the phase reached, storage version, storedVersions, objects rewritten, and the proof. */
export const crds = Object.fromEntries(
  versioned.map(([name, crd]) => [
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

/** For each rotation: the write key, the order of keys by name, the file's hash, objects rewritten, and the proofs. */
export const rotations = Object.fromEntries(
  rotating.map(([name, rotation]) => [
    name,
    {
      writeKey: rotation.writeKey,
      keyOrder: rotation.keyOrder,
      configHash: rotation.configHash,
      objectsRewritten: rotation.objectsRewritten,
      proofs: rotation.proofs,
    },
  ]),
);
