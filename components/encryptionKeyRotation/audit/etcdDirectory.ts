/** A resource as `secrets` or `databases.example.com` name it. */
export interface AuditedResource {
  /** "" for the core group */
  group: string;
  plural: string;
}

const DEFAULT_PREFIX = "/registry";

// https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/kubeapiserver/default_storage_factory_builder.go (SpecialDefaultResourcePrefixes)
const SPECIAL: Record<string, string> = {
  replicationcontrollers: "controllers",
  endpoints: "services/endpoints",
  nodes: "minions",
  services: "services/specs",
  "ingresses.networking.k8s.io": "ingress",
  // Their API servers, inside kube-apiserver, keep what they have under group and resource, as custom resources are kept.
  "customresourcedefinitions.apiextensions.k8s.io": "apiextensions.k8s.io/customresourcedefinitions",
  "apiservices.apiregistration.k8s.io": "apiregistration.k8s.io/apiservices",
};

// Groups of kube-apiserver's own: kept under the resource's name alone. Other groups that end in k8s.io are custom ones.
const BUILT_IN = new Set([
  "",
  "apps",
  "autoscaling",
  "batch",
  "extensions",
  "policy",
  ...[
    "admissionregistration",
    "certificates",
    "coordination",
    "discovery",
    "events",
    "flowcontrol.apiserver",
    "internal.apiserver",
    "lifecycle",
    "networking",
    "node",
    "rbac.authorization",
    "resource",
    "scheduling",
    "storage",
    "storagemigration",
  ].map((name) => `${name}.k8s.io`),
]);

/** Where etcd holds the objects of a resource, with a slash at its end. */
export function etcdDirectory({ group, plural }: AuditedResource, prefix = DEFAULT_PREFIX): string {
  const resource = group === "" ? plural : `${plural}.${group}`;
  const within = SPECIAL[resource] ?? (BUILT_IN.has(group) ? plural : `${group}/${plural}`);
  return `${prefix.replace(/\/$/, "")}/${within}/`;
}
