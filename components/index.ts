/** The public API. Type tokens, child names and state are part of it too: a release keeps reading what the last one wrote. */
export { VersionedCRD, type VersionedCRDArgs } from "./versionedCRD";
export type { ConversionArgs } from "./crd/conversion";
export type { PhaseName } from "./phases/shim";
export {
  rightsForConversionService,
  rightsForDelete,
  rightsForPreview,
  rightsForUp,
  type PolicyRule,
} from "./kubernetes/rights";
