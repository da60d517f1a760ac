import type * as pulumi from "@pulumi/pulumi";
import { EncryptionKeyRotation, VersionedCRD } from "./components";
import { asArgs, asRotationArgs, readStackConfig } from "./config";

const { cluster, crds: configured = [], rotations: rotated = [], encryptionKeys } = readStackConfig();

const components = configured.map((crd) => [crd.name, new VersionedCRD(crd.name, asArgs(crd, cluster))] as const);

/** They write the same file: one after the other. */
const last: pulumi.Resource[] = [];
const keys = rotated.map((rotation) => {
  const args = asRotationArgs(rotation, cluster, encryptionKeys);
  const component = new EncryptionKeyRotation(rotation.name, args, { dependsOn: [...last] });
  last.push(component);
  return [rotation.name, component] as const;
});

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

/** For each rotation: the phase reached, the key that writes, all keys in their order, the file's hash, objects rewritten, the proofs. */
export const rotations = Object.fromEntries(
  keys.map(([name, rotation]) => [
    name,
    {
      phase: rotation.phase,
      writeKey: rotation.writeKey,
      keyOrder: rotation.keyOrder,
      configHash: rotation.configHash,
      objectsRewritten: rotation.objectsRewritten,
      proofs: rotation.proofs,
    },
  ]),
);
