import { randomUUID } from "crypto";

const GROUP = "bench.example.com";
const SINCE = "2026-01-02T03:04:05Z";

/** The bytes of one ConversionReview, as the API server sends it: stored objects of v1, wanted in v2. */
export function reviewOf(first: number, count: number): Buffer {
  const objects = Array.from({ length: count }, (_, index) => backend(first + index));
  const request = { uid: randomUUID(), desiredAPIVersion: `${GROUP}/v2`, objects };
  const review = { apiVersion: "apiextensions.k8s.io/v1", kind: "ConversionReview", request };
  // What a JavaScript number cannot hold; both have to return it as it is.
  return Buffer.from(JSON.stringify(review).replaceAll('"budget":0', '"budget":9007199254740993'));
}

/** About 3 KB, of which a third are managed fields, as in what kubectl and a controller have written. */
function backend(index: number) {
  const name = `backend-${String(index).padStart(6, "0")}`;
  return {
    apiVersion: `${GROUP}/v1`,
    kind: "Backend",
    metadata: {
      name,
      namespace: `team-${index % 10}`,
      uid: `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`,
      resourceVersion: String(1_000_000 + index),
      generation: 3,
      creationTimestamp: SINCE,
      labels: { "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "shop", tier: "backend" },
      annotations: { "example.com/owner": "team@example.com", "example.com/note": "scaled by hand, 12:30 to 13:30" },
      managedFields: [
        managed("kubectl", "Apply", SPEC_FIELDS),
        managed("controller", "Update", STATUS_FIELDS, "status"),
      ],
    },
    spec: {
      hostPort: `${name}.example.com:8443`,
      size: (index % 7) + 1,
      mode: index % 2 === 0 ? "Fast" : "Safe",
      image: `registry.example.com/shop/${name}:1.4.2`,
      budget: 0,
      tls: { secret: `${name}-tls`, minimum: "1.3" },
      ports: [8443, 9090, 9091].map((num) => ({ num, protocol: "TCP" })),
      env: ["DATABASE", "CACHE", "QUEUE", "LEVEL"].map((env) => ({
        name: env,
        value: `${env.toLowerCase()}.${name}.svc`,
      })),
      selector: { "app.kubernetes.io/name": name },
      resources: { limits: { cpu: "2", memory: "1Gi" }, requests: { cpu: "500m", memory: "512Mi" } },
    },
    status: {
      observedGeneration: 3,
      phase: "Running",
      conditions: ["Ready", "Available", "Synced"].map((type) => ({
        type,
        status: "True",
        observedGeneration: 3,
        lastTransitionTime: SINCE,
        reason: "AllGood",
        message: `${name} is as it was asked for`,
      })),
    },
  };
}

function managed(manager: string, operation: string, fieldsV1: object, subresource?: string) {
  const at = { apiVersion: `${GROUP}/v1`, time: SINCE, fieldsType: "FieldsV1" };
  return { manager, operation, ...at, fieldsV1, ...(subresource !== undefined && { subresource }) };
}

function fields(names: string[]): Record<string, object> {
  return Object.fromEntries(names.map((name) => [`f:${name}`, {}]));
}

const SPEC_FIELDS = {
  "f:metadata": { "f:labels": { ".": {}, ...fields(["app.kubernetes.io/name", "app.kubernetes.io/part-of", "tier"]) } },
  "f:spec": {
    ...fields(["hostPort", "size", "mode", "image", "budget", "ports", "env", "selector"]),
    "f:tls": fields(["secret", "minimum"]),
    "f:resources": { "f:limits": fields(["cpu", "memory"]), "f:requests": fields(["cpu", "memory"]) },
  },
};
const STATUS_FIELDS = {
  "f:status": {
    ...fields(["observedGeneration", "phase"]),
    "f:conditions": Object.fromEntries(
      ["Ready", "Available", "Synced"].map((type) => [
        `k:{"type":"${type}"}`,
        { ".": {}, ...fields(["type", "status", "reason", "message", "lastTransitionTime", "observedGeneration"]) },
      ]),
    ),
  },
};
