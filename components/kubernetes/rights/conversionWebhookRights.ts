import { type PolicyRule, policyRule } from "./policyRule";

/** What Pulumi's kubernetes provider does with each object that it manages: a create is a server-side apply. */
const MANAGE = ["get", "list", "watch", "create", "patch", "delete"];
/** What it looks at until a Deployment and a Service are ready. It also tries events, and can do without. */
const WATCH = ["list", "watch"];

/**
 * What a `ConversionWebhook` adds to `rightsForUp` of its CRDs, in its own namespace, where a Role is enough: its objects, what Pulumi's
 * kubernetes provider watches until they are ready, and the call through the API server's proxy that preview makes. Where it may not watch
 * something of that, the provider waits without an end and names no right.
 *
 * @param webhook its name, and that of its Service; `certManager` where cert-manager makes its certificate
 * @example rightsForConversionWebhook({ namespace: "default", name: "databases-conversion" })
 */
export function rightsForConversionWebhook(webhook: {
  namespace: string;
  name: string;
  /** @default false */
  certManager?: boolean;
}): PolicyRule[] {
  return [
    { apiGroups: [""], resources: ["configmaps", "secrets", "services"], verbs: MANAGE },
    { apiGroups: ["apps"], resources: ["deployments"], verbs: MANAGE },
    { apiGroups: ["policy"], resources: ["poddisruptionbudgets"], verbs: MANAGE },
    { apiGroups: ["apps"], resources: ["replicasets"], verbs: WATCH },
    { apiGroups: [""], resources: ["pods", "endpoints", "persistentvolumeclaims"], verbs: WATCH },
    ...(webhook.certManager === true
      ? [{ apiGroups: ["cert-manager.io"], resources: ["certificates"], verbs: MANAGE }]
      : []),
    ...rightsForConversionService(webhook),
  ];
}

/**
 * What an own authority adds, for the whole cluster: before an old certificate goes, it looks at the caBundle of every CRD that the webhook serves.
 */
export function rightsForOwnAuthority(): PolicyRule[] {
  return [{ apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"], verbs: ["list"] }];
}

/** What a webhook behind a Service adds: it is asked through the API server's proxy, since its address is the cluster's own. */
export function rightsForConversionService(service: { namespace: string; name: string; port?: number }): PolicyRule[] {
  return [policyRule("", ["services/proxy"], ["create"], [`https:${service.name}:${service.port ?? 443}`])];
}
