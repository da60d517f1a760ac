import * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/kubernetes";
import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap";
import { Service } from "@pulumi/kubernetes/core/v1/service";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/podDisruptionBudget";
import type { Bundle } from "./bundle";
import { createSealingKeySecret, type Site } from "./sealingKeys";

export interface Workload {
  readonly site: Site;
  readonly image: pulumi.Input<string>;
  /** Absent where the image serves by its own command. */
  readonly bundle: Bundle | undefined;
  readonly replicas: number;
  /** Name of the Secret with tls.crt and tls.key. */
  readonly certificate: pulumi.Input<string>;
  readonly keys: pulumi.Input<pulumi.Input<string>[]> | undefined;
}

const PORT = 8443;
const DRAIN_SECONDS = 5;
/** What is the same in every one. */
const CONTAINER = {
  name: "conversion",
  ports: [{ containerPort: PORT, name: "https" }],
  readinessProbe: { httpGet: { path: "/readyz", port: PORT, scheme: "HTTPS" }, periodSeconds: 2 },
  livenessProbe: { httpGet: { path: "/healthz", port: PORT, scheme: "HTTPS" }, periodSeconds: 10, failureThreshold: 3 },
  resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "1Gi" } },
  securityContext: {
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
  },
};
const ENVIRONMENT = [
  { name: "PORT", value: String(PORT) },
  { name: "TLS_CERT", value: "/tls/tls.crt" },
  { name: "TLS_KEY", value: "/tls/tls.key" },
  { name: "DRAIN_SECONDS", value: String(DRAIN_SECONDS) },
];
/** The user `node` of the official images. */
const NODE_USER = 1000;

/** ConfigMap, Deployment, Service and PodDisruptionBudget of one webhook; returns the Service once the pods are ready. */
export function createWorkload(workload: Workload): pulumi.Output<{ namespace: string; name: string }> {
  const { site } = workload;
  const labels = { "app.kubernetes.io/name": site.name, "app.kubernetes.io/component": "conversion-webhook" };
  const metadata = { name: site.name, namespace: site.namespace, labels };
  const code = workload.bundle === undefined ? undefined : codeMap(site, labels, workload.bundle);
  const keys = workload.keys === undefined ? undefined : createSealingKeySecret(site, labels, workload.keys);
  const service = new Service(
    site.name,
    { metadata, spec: { selector: labels, ports: [{ port: 443, targetPort: PORT, protocol: "TCP" }] } },
    site.opts,
  );
  const deployment = new Deployment(
    site.name,
    {
      metadata,
      spec: {
        replicas: workload.replicas,
        selector: { matchLabels: labels },
        // Never fewer than there are: while one version cannot be converted, objects cannot be read in it.
        strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        template: {
          metadata: { labels, annotations: podAnnotations(workload.bundle) },
          spec: podSpec(workload, labels, code?.metadata.name, keys?.metadata.name),
        },
      },
    },
    site.opts,
  );
  new PodDisruptionBudget(
    site.name,
    { metadata, spec: { maxUnavailable: 1, selector: { matchLabels: labels } } },
    site.opts,
  );
  // Of the Deployment's id as well: a CRD must not use it before its pods answer.
  return pulumi
    .all([service.metadata.namespace, service.metadata.name, deployment.id])
    .apply(([namespace, name]) => ({ namespace, name }));
}

function codeMap(site: Site, labels: Record<string, string>, { code, sha256 }: Bundle): ConfigMap {
  // The name says what is in it: another conversion is another ConfigMap, and the pods of the old one keep theirs.
  const metadata = { name: `${site.name}-${sha256.slice(0, 10)}`, namespace: site.namespace, labels };
  return new ConfigMap(site.name, { metadata, immutable: true, data: { "webhook.js": code } }, site.opts);
}

function podAnnotations(bundle: Bundle | undefined): Record<string, string> {
  return bundle === undefined ? {} : { "kubernetes-storage-migration/conversion-sha256": bundle.sha256 };
}

function podSpec(
  { image, bundle, certificate }: Workload,
  labels: Record<string, string>,
  codeName: pulumi.Input<string> | undefined,
  keysName: pulumi.Input<string> | undefined,
): types.input.core.v1.PodSpec {
  const volumes = [
    { name: "tls", secret: { secretName: certificate } },
    ...(codeName === undefined ? [] : [{ name: "conversion", configMap: { name: codeName } }]),
    ...(keysName === undefined ? [] : [{ name: "keys", secret: { secretName: keysName } }]),
  ];
  const env = [
    ...ENVIRONMENT,
    ...(bundle === undefined ? [] : [{ name: "BUNDLE_SHA256", value: bundle.sha256 }]),
    ...(keysName === undefined ? [] : [{ name: "KEYS", value: "/keys" }]),
  ];
  return {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: DRAIN_SECONDS + 30, // the API server waits 30 s for an answer
    priorityClassName: "system-cluster-critical",
    securityContext: { runAsNonRoot: true, runAsUser: NODE_USER, seccompProfile: { type: "RuntimeDefault" } },
    topologySpreadConstraints: ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: labels },
    })),
    containers: [
      {
        image,
        ...(bundle !== undefined && { command: ["node", "/conversion/webhook.js"] }),
        env,
        volumeMounts: volumes.map(({ name }) => ({ name, mountPath: `/${name}`, readOnly: true })),
        ...CONTAINER,
      },
    ],
    volumes,
  };
}
