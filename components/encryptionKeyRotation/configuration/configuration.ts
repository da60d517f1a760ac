/** kube-apiserver's EncryptionConfiguration as plain data; https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/ */
export interface EncryptionConfiguration {
  entries: Entry[];
}

/** One item of `resources`: which resources, and the providers that read them, the first of which writes. */
export interface Entry {
  /** As in the file: `secrets`, `databases.example.com`, `*.`, `*.apps`, `*.*`. */
  resources: string[];
  providers: Provider[];
}

export type Cipher = "secretbox" | "aescbc" | "aesgcm";

export type Provider =
  | { kind: Cipher; keys: Key[] }
  | { kind: "identity" }
  | { kind: "kms"; version: "v1" | "v2"; name: string; endpoint: string; timeout?: string; cachesize?: number };

export interface Key {
  name: string;
  /** base64, as in the file. Never in a message. */
  secret: string;
}
