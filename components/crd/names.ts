/** The one writer of the definition (server-side apply), and the prefix of everything we record on it. */
export const FIELD_MANAGER = "kubernetes-storage-migration";

export const OWNER_ANNOTATION = "kubernetes-storage-migration/owner";
export const PROOF_ANNOTATION = "kubernetes-storage-migration/proof";
export const DROPPING_ANNOTATION = "kubernetes-storage-migration/dropping";
export const REHEARSAL_ANNOTATION = "kubernetes-storage-migration/rehearsal";
/** The uid of a CRD whose objects may be stored in any version, whatever its generation or storedVersions say. */
export const OUTLIVED_ANNOTATION = "kubernetes-storage-migration/outlived";
/** The generation of a protected CRD that may be deleted. */
export const DELETION_ANNOTATION = "kubernetes-storage-migration/deletion";
