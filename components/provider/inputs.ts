/** What these are where the state has none of them: a VersionedCRD's phases, which are many, leave them out. */
export const SHARED_DEFAULTS = { cluster: {}, requestTimeoutSeconds: 60, decommissionedServers: [] };

/** What every phase of every component is told. */
export interface SharedInputs {
  /** `kubeconfig`, `context` and `clusterId` as given to the component; a reference, never a token. */
  cluster: { kubeconfig?: string; context?: string; id?: string };
  /** uid of the cluster's namespace kube-system, filled in by preview; absent where it may not be read. */
  clusterId?: string;
  /** stopAfter when it holds this phase back, else absent. */
  heldBy?: string;
  /** Seconds an API server may take to answer a request (its --request-timeout). */
  requestTimeoutSeconds: number;
  /** Hostnames of API servers that will not come back, by the user's word. */
  decommissionedServers: string[];
}
