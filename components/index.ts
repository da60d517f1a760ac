/** The public API. Type tokens, child names and state are part of it too: a release keeps reading what the last one wrote. */
export { VersionedCRD } from "./versionedCRD/versionedCRD";
export type { VersionedCRDArgs } from "./versionedCRD/args";
export { VersionedCRDs } from "./versionedCRDs/versionedCRDs";
export type { EachVersionedCRDArgs, VersionedCRDsArgs } from "./versionedCRDs/args";
export { EncryptionKeyRotation, type RotationPhases } from "./encryptionKeyRotation/encryptionKeyRotation";
export type {
  EncryptionKeyRotationArgs,
  KeyAcknowledgement,
  KeyArgs,
  KmsKeyArgs,
  NamedKeyArgs,
} from "./encryptionKeyRotation/args";
export { StorageMigration } from "./storageMigration/storageMigration";
export type { StorageMigrationArgs } from "./storageMigration/args";
export type { MigratedObjects } from "./storageMigration/migratedObjects";
export type { Cipher } from "./encryptionKeyRotation/configuration/configuration";
export type { KmsInput } from "./encryptionKeyRotation/desiredKeys";
export type {
  CommandsTargetArgs,
  FileTargetArgs,
  Reloadable,
  SshArgs,
  SshTargetArgs,
  TargetArgs,
} from "./encryptionKeyRotation/targets";
export type { EtcdArgs } from "./encryptionKeyRotation/audit/etcdGateway";
export type { BackupArgs, CommandBackupArgs, DirectoryBackupArgs } from "./backup/args";
export type { Acknowledgement } from "./compatibility/acknowledgements";
export type { Before, Phases, WaitsFor } from "./versionedCRD/before";
export type { ConversionArgs } from "./crd/conversion";
export { ConversionWebhook } from "./conversionWebhook/conversionWebhook";
export type { CertificateArgs, ConversionWebhookArgs } from "./conversionWebhook/args";
export {
  rightsForConversionService,
  rightsForConversionWebhook,
  rightsForOwnAuthority,
} from "./kubernetes/rights/conversionWebhookRights";
export type { ConversionChoice } from "./versionedCRD/conversionChoice";
export type { ConversionInputs } from "./crd/manifestInputs";
export type { CustomResourceArgs } from "./versionedCRD/customResources/customResources";
export type { ClusterArgs } from "./provider/clusterChoice";
export type { Phase } from "./versionedCRD/phase";
export type { PhaseName } from "./versionedCRD/phase";
export type { RotationPhaseName } from "./encryptionKeyRotation/phase";
export type { RotationPhase } from "./encryptionKeyRotation/phase";
export {
  rightsForDelete,
  rightsForDrop,
  rightsForProtection,
  rightsForPreview,
  rightsForUp,
} from "./kubernetes/rights/rolloutRights";
export { rightsForStatus } from "./kubernetes/rights/statusRights";
export { rightsForMigration, type Migration } from "./kubernetes/rights/migrationRights";
export { rightsForRotation, rightsForRotationPreview, type Rotation } from "./kubernetes/rights/rotationRights";
export type { MigratedResource, PolicyRule } from "./kubernetes/rights/policyRule";
