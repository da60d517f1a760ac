/** The one writer of the definition (server-side apply), and the prefix of everything we record on it. */
export const FIELD_MANAGER = "kubernetes-storage-migration";

export const OWNER_ANNOTATION = "kubernetes-storage-migration/owner";
export const PROOF_ANNOTATION = "kubernetes-storage-migration/proof";
export const DROPPING_ANNOTATION = "kubernetes-storage-migration/dropping";
export const REHEARSAL_ANNOTATION = "kubernetes-storage-migration/rehearsal";
/** The generation of a protected CRD that may be deleted. */
export const DELETION_ANNOTATION = "kubernetes-storage-migration/deletion";
