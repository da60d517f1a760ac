/** The public API. Type tokens, child names and state are part of it too: a release keeps reading what the last one wrote. */
export { VersionedCRD } from "./versionedCRD";
export type { VersionedCRDArgs } from "./versionedCRDArgs";
export { EncryptionKeyRotation, type RotationPhases } from "./encryptionKeyRotation";
export type { EncryptionKeyRotationArgs, KeyArgs, KmsKeyArgs, NamedKeyArgs } from "./encryptionKeyRotationArgs";
export type { Cipher } from "./encryption/configuration";
export type { KmsInput } from "./encryption/wanted";
export type {
  CommandsTargetArgs,
  FileTargetArgs,
  Reloadable,
  SshArgs,
  SshTargetArgs,
  TargetArgs,
} from "./encryption/targets";
export type { EtcdArgs } from "./encryption/audit";
export type { Before, Phases, WaitsFor } from "./before";
export type { ConversionArgs } from "./crd/conversion";
export { ConversionWebhook } from "./conversionWebhook";
export type { CertificateArgs, ConversionWebhookArgs } from "./conversionWebhookArgs";
export { rightsForConversionWebhook, rightsForOwnAuthority } from "./conversionWebhook/rights";
export type { ConversionChoice } from "./conversionChoice";
export type { ConversionInputs } from "./manifestInputs";
export type { CustomResourceArgs } from "./customResources/customResources";
export type { ClusterArgs } from "./clusterChoice";
export type { Phase } from "./phases/phase";
export type { PhaseName, RotationPhaseName } from "./phases/shim";
export type { RotationPhase } from "./rotation/phase";
export {
  rightsForConversionService,
  rightsForDelete,
  rightsForDrop,
  rightsForPreview,
  rightsForRotation,
  rightsForRotationPreview,
  rightsForUp,
  type MigratedResource,
  type PolicyRule,
  type Rotation,
} from "./kubernetes/rights";
