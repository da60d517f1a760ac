import type { ApiRequest } from "../../../components/kubernetes/api";
import { explainAnswer, explainAttempt, explainUnreachable } from "../../../components/kubernetes/explain";
import { TransportError } from "../../../components/kubernetes/transport";
import { NOBODY } from "../../../components/kubernetes/resourceNames";

const request = (method: ApiRequest["method"], path: string): ApiRequest => ({ method, path });
const answer = (status: number, body: unknown, headers = {}) => ({
  status,
  headers,
  text: typeof body === "string" ? body : JSON.stringify(body),
});
const status = (fields: object) => ({ kind: "Status", ...fields });
const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

test.each<[ApiRequest, object]>([
  [
    request("GET", `${crds}/a.b`),
    { verb: "get", group: "apiextensions.k8s.io", resource: "customresourcedefinitions", name: "a.b" },
  ],
  [
    request("PATCH", `${crds}/a.b/status`),
    { verb: "patch", group: "apiextensions.k8s.io", resource: "customresourcedefinitions/status", name: "a.b" },
  ],
  [request("GET", "/apis/g/v1/foos"), { verb: "list", group: "g", resource: "foos" }],
  [request("POST", "/apis/g/v1/namespaces/n/foos"), { verb: "create", group: "g", resource: "foos", namespace: "n" }],
  [
    request("PUT", "/apis/g/v1/namespaces/n/foos/x"),
    { verb: "update", group: "g", resource: "foos", namespace: "n", name: "x" },
  ],
  [
    request("GET", "/api/v1/namespaces/kube-system"),
    { verb: "get", group: "", resource: "namespaces", name: "kube-system" },
  ],
  [request("GET", "/api/v1/secrets"), { verb: "list", group: "", resource: "secrets" }],
  [request("GET", "/metrics"), { verb: "get", group: "", resource: "/metrics" }],
])("%j in the words of RBAC", (made, expected) => {
  expect(explainAttempt(made)).toEqual(expected);
});

test("a missing right: verb, resource, scope, and the rule that grants it", () => {
  const message = 'foos.g is forbidden: User "u" cannot create resource "foos" in API group "g" in the namespace "n"';
  const error = explainAnswer(
    request("PATCH", "/apis/g/v1/namespaces/n/foos/x"),
    answer(403, status({ message })),
    "s",
  );
  expect(error.message).toBe(
    `not allowed to create foos.g in namespace n: ${message}\n  next:     grant this user the rule {apiGroups: ["g"], resources: ["foos"], verbs: ["create"]} by a ClusterRole and a ClusterRoleBinding`,
  );
});

test("the namespace of a probe, which nobody has, is not spoken of", () => {
  const said = 'foos.g is forbidden: User "u" cannot list resource "foos" in API group "g"';
  const message = `${said} in the namespace "${NOBODY}"`;
  const error = explainAnswer(
    request("GET", `/apis/g/v1/namespaces/${NOBODY}/foos`),
    answer(403, status({ message })),
    "s",
  );
  expect(error.message).toMatch(new RegExp(`^not allowed to list foos.g: ${said}\n {2}next: `));
});

test("rights from Roles in some namespaces do not reach every object: a ClusterRoleBinding is asked for", () => {
  const message = 'foos.g is forbidden: User "u" cannot list resource "foos" in API group "g" at the cluster scope';
  const error = explainAnswer(request("GET", "/apis/g/v1/foos"), answer(403, status({ message })), "s");
  expect(error.message).toMatch(/verbs: \["list"\]\} by a ClusterRole and a ClusterRoleBinding$/);
});

test("a Role is enough for Leases", () => {
  const group = "coordination.k8s.io";
  const message = `leases.${group} is forbidden: User "u" cannot create resource "leases" in API group "${group}" in the namespace "n"`;
  const error = explainAnswer(
    request("POST", `/apis/${group}/v1/namespaces/n/leases`),
    answer(403, status({ message })),
    "s",
  );
  expect(error.message).toMatch(/resources: \["leases"\], verbs: \["create"\]\}$/);
});

test("a 403 of admission: no role would help, so none is asked for", () => {
  const message = 'pods "x" is forbidden: exceeded quota';
  const error = explainAnswer(request("POST", "/api/v1/namespaces/n/pods"), answer(403, status({ message })), "s");
  expect(error.message).toBe(`create pods in namespace n: ${message} (403)`);
});

test("what is no Kubernetes Status says so, and is not quoted", () => {
  const error = explainAnswer(request("GET", "/api"), answer(502, "<html>secret</html>"), "s");
  expect(error.message).toBe("get /api: HTTP 502 without a Kubernetes Status (502)");
});

test("an expired list carries the token to go on with; a 429 the time to wait", () => {
  const expired = answer(410, status({ reason: "Expired", metadata: { continue: "abc" } }));
  expect(explainAnswer(request("GET", "/apis/g/v1/foos"), expired, "s")).toMatchObject({
    reason: "Expired",
    continueToken: "abc",
  });
  const busy = answer(429, status({}), { "retry-after": "7" });
  expect(explainAnswer(request("GET", "/apis/g/v1/foos"), busy, "s").retryAfterSeconds).toBe(7);
});

test("unreachable: server, context, code, in words, next step", () => {
  const error = explainUnreachable(new TransportError("ECONNREFUSED", "connect", false), "https://h:1", "prod");
  expect(error.message).toBe(
    "cluster unreachable: https://h:1 (context prod), ECONNREFUSED: nothing listens there\n  expected: a kube-apiserver\n  next:     " +
      "check that it is up and that this is the context you mean: kubectl --context prod get --raw /readyz",
  );
});
