import type { ApiRequest } from "./api";
import { ApiError, UnreachableError, type FieldCause } from "./errors";
import type { Problem } from "./problem";
import { NOBODY } from "./resourceNames";
import { ANSWER_TOO_LARGE, type Answer, type TransportError } from "./transport";

/** What a request does in the words of RBAC. */
export interface Attempt {
  readonly verb: string;
  readonly group: string;
  /** With its subresource: `foos/status`. */
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** The status object with which the API server says no; anything in front of it may answer something else. */
interface Status {
  kind?: string;
  message?: string;
  reason?: string;
  details?: { retryAfterSeconds?: number; causes?: Partial<FieldCause>[] };
  metadata?: { continue?: string };
}

const RESOURCE_PATH =
  /^\/(?:api|apis\/(?<group>[^/]+))\/[^/]+(?:\/namespaces\/(?<namespace>[^/]+)(?=\/[^/]))?\/(?<plural>[^/?]+)(?:\/(?<name>[^/?]+))?(?:\/(?<subresource>[^?]+))?$/;
const VERBS = { POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" } as const;

export function explainAttempt(request: ApiRequest): Attempt {
  const parts = RESOURCE_PATH.exec(request.path)?.groups;
  if (parts === undefined) return { verb: request.method.toLowerCase(), group: "", resource: request.path };
  const { group = "", namespace, plural = "", name, subresource } = parts;
  const read = name === undefined ? "list" : "get";
  return {
    verb: request.method === "GET" ? read : VERBS[request.method],
    group,
    resource: subresource === undefined ? plural : `${plural}/${subresource}`,
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
  };
}

export function explainAnswer(request: ApiRequest, answer: Answer, server: string): ApiError {
  const status = parseStatus(answer.text);
  const found = status.message ?? `HTTP ${answer.status} without a Kubernetes Status`;
  return new ApiError(
    describeAnswer(request, answer.status, found, server),
    answer.status,
    status.reason ?? "",
    found,
    request,
    retryAfter(answer, status),
    status.metadata?.continue,
    (status.details?.causes ?? []).map(({ field = "", message = "" }) => ({ field, message })),
  );
}

function parseStatus(text: string): Status {
  try {
    const status = JSON.parse(text) as Status;
    return status.kind === "Status" ? status : {};
  } catch {
    return {};
  }
}

function retryAfter(answer: Answer, status: Status): number | undefined {
  const seconds = Number(answer.headers["retry-after"] ?? status.details?.retryAfterSeconds);
  return Number.isFinite(seconds) ? seconds : undefined;
}

function describeAnswer(request: ApiRequest, status: number, found: string, server: string): Problem {
  if (status === 401) {
    return {
      what: `${server} does not accept the credentials (401), nor those that were read again`,
      expected: "credentials of a user of this cluster",
      next: "log in again, or check the context; then run `pulumi up` again: it goes on where this one stopped",
    };
  }
  const attempt = explainAttempt(request);
  const denied = /cannot (\S+) (?:resource|path) "([^"]+)"(?: in API group "([^"]*)")?/.exec(found);
  // Admission answers 403 as well, and no role helps against that.
  if (status === 403 && denied !== null) return describeDenied(attempt, denied, found);
  const name = attempt.name === undefined ? "" : ` ${attempt.name}`;
  const namespace = attempt.namespace === undefined ? "" : ` in namespace ${attempt.namespace}`;
  return { what: `${attempt.verb} ${qualified(attempt)}${name}${namespace}: ${found} (${status})` };
}

/** What a Role is enough for: the locks, the record of a rotation, a conversion webhook. */
const IN_ONE_NAMESPACE: readonly string[] = ["leases", "configmaps", "services/proxy"];

function describeDenied(attempt: Attempt, denied: RegExpExecArray, found: string): Problem {
  const verb = denied[1] ?? attempt.verb;
  const resource = denied[2] ?? attempt.resource;
  const isProbe = attempt.namespace === NOBODY;
  const scope = attempt.namespace === undefined || isProbe ? "" : ` in namespace ${attempt.namespace}`;
  const said = isProbe ? found.replace(/ in the namespace "[^"]*"/, "") : found;
  const rule = resource.startsWith("/")
    ? `{nonResourceURLs: ["${resource}"], verbs: ["${verb}"]}`
    : `{apiGroups: ["${denied[3] ?? attempt.group}"], resources: ["${resource}"], verbs: ["${verb}"]}`;
  // Objects of every namespace move, so whoever may only see some of them has too little, also where one namespace was asked for.
  const isWide = /at the cluster scope/.test(found) || !IN_ONE_NAMESPACE.includes(resource);
  const how = isWide && !resource.startsWith("/") ? " by a ClusterRole and a ClusterRoleBinding" : "";
  return {
    what: `not allowed to ${verb} ${qualified({ ...attempt, resource })}${scope}: ${said}`,
    next: `grant this user the rule ${rule}${how}`,
  };
}

function qualified({ group, resource }: Attempt): string {
  if (group === "") return resource;
  const [plural, ...subresource] = resource.split("/");
  return [`${plural}.${group}`, ...subresource].join("/");
}

const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "the name does not resolve",
  EAI_AGAIN: "the name does not resolve just now",
  CERT_HAS_EXPIRED: "its certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is not signed by the kubeconfig's authority",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is not signed by the kubeconfig's authority",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is not signed by the kubeconfig's authority",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is not signed by the kubeconfig's authority",
};

export function explainUnreachable(error: TransportError, server: string, context: string): UnreachableError {
  if (error.code === ANSWER_TOO_LARGE) {
    const problem = { what: `${server} (context ${context}): ${error.message}`, expected: "a smaller answer" };
    return new UnreachableError({ ...problem, next: "report this with the request that failed" }, error.code);
  }
  const why = UNREACHABLE[error.code] ?? error.message;
  return new UnreachableError(
    {
      what: `cluster unreachable: ${server} (context ${context}), ${error.code}: ${why}`,
      expected: "a kube-apiserver",
      next: `check that it is up and that this is the context you mean: kubectl --context ${context} get --raw /readyz`,
    },
    error.code,
  );
}
