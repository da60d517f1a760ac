/** The public API. Type tokens, child names and state are part of it too: a release keeps reading what the last one wrote. */
export { VersionedCRD } from "./versionedCRD";
export type { VersionedCRDArgs } from "./versionedCRDArgs";
export type { Before, Phases, WaitsFor } from "./before";
export type { ConversionArgs } from "./crd/conversion";
export { ConversionWebhook } from "./conversionWebhook";
export type { CertificateArgs, ConversionWebhookArgs } from "./conversionWebhookArgs";
export type { ConversionChoice } from "./conversionChoice";
export type { ConversionInputs } from "./manifestInputs";
export type { CustomResourceArgs } from "./customResources/customResources";
export type { ClusterArgs } from "./clusterChoice";
export type { Phase } from "./phases/phase";
export type { PhaseName } from "./phases/shim";
export {
  rightsForConversionService,
  rightsForDelete,
  rightsForDrop,
  rightsForPreview,
  rightsForUp,
  type MigratedResource,
  type PolicyRule,
} from "./kubernetes/rights";
