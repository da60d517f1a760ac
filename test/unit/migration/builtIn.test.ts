import type { ApiRequest, KubernetesObject } from "../../../components/kubernetes/api";
import type { ApiServer, ApiServers } from "../../../components/kubernetes/apiServers";
import { storageVersionHash } from "../../../components/kubernetes/discovery";
import { ApiError } from "../../../components/kubernetes/errors";
import { awaitBuiltInAgreement } from "../../../components/migration/builtIn/agreement";
import { type BuiltIn, findBuiltIn, storageOfBuiltIn } from "../../../components/migration/builtIn/builtIn";
import { type BuiltInFacts, decideBuiltInPlan } from "../../../components/migration/builtIn/plan";
import { isBuiltInProven, parseBuiltInProof, type BuiltInProof } from "../../../components/migration/builtIn/proof";

const hash = (version: string): string => storageVersionHash("autoscaling", version, "HorizontalPodAutoscaler");
const NAME = "horizontalpodautoscalers.autoscaling";
const VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"];

const scalers: BuiltIn = {
  name: NAME,
  group: "autoscaling",
  version: "v2",
  plural: "horizontalpodautoscalers",
  kind: "HorizontalPodAutoscaler",
  hash: hash("v2"),
  served: ["v2", "v1"],
  inTree: true,
};

const proof: BuiltInProof = {
  cluster: "u",
  resource: NAME,
  storageVersion: "v2",
  storageVersionHash: hash("v2"),
  resourceVersion: "100",
  objects: 3,
  servers: ["10.0.0.1:6443"],
  missing: [],
};

/** Answers these paths; anything else is not there. */
const answering = (answers: Record<string, unknown>) => ({
  call: <T>({ method, path }: ApiRequest): Promise<T> => {
    const answer = answers[path];
    if (typeof answer === "number") return Promise.reject(new ApiError("no", answer, "", "no", { method, path }));
    if (answer !== undefined) return Promise.resolve(answer as T);
    return Promise.reject(new ApiError("not found", 404, "NotFound", "not found", { method, path }));
  },
});

const services = (...items: [name: string, group: string, own: "onstart" | "true" | "service"][]) => ({
  "/apis/apiregistration.k8s.io/v1/apiservices": {
    items: items.map(([name, group, own]) => ({
      metadata: { name, labels: { "kube-aggregator.kubernetes.io/automanaged": own } },
      spec: { group, ...(own === "service" && { service: { name: "metrics-server" } }) },
    })),
  },
});

const resource = (name: string, kind: string, storage: string | undefined, verbs = VERBS) => ({
  resources: [{ name, kind, verbs, ...(storage !== undefined && { storageVersionHash: storage }) }],
});

describe("which resource a name means", () => {
  const served = {
    "/apis/autoscaling": { versions: [{ version: "v2" }, { version: "v1" }] },
    "/apis/autoscaling/v2": resource("horizontalpodautoscalers", "HorizontalPodAutoscaler", hash("v2")),
    "/apis/autoscaling/v1": resource("horizontalpodautoscalers", "HorizontalPodAutoscaler", hash("v2")),
    ...services(["v2.autoscaling", "autoscaling", "onstart"]),
  };

  test("its storage version is told by the hash, and its objects go through that one", async () => {
    expect(await findBuiltIn(answering(served), NAME)).toEqual(scalers);
    const older = {
      ...served,
      "/apis/autoscaling/v2": resource("horizontalpodautoscalers", "HorizontalPodAutoscaler", hash("v1")),
    };
    expect(await findBuiltIn(answering(older), NAME)).toMatchObject({ version: "v1", served: ["v2", "v1"] });
  });

  test("one of the core group", async () => {
    const core = {
      "/api": { versions: ["v1"] },
      "/api/v1": resource("secrets", "Secret", storageVersionHash("", "v1", "Secret")),
      ...services(["v1.", "", "onstart"]),
    };
    expect(await findBuiltIn(answering(core), "secrets")).toMatchObject({ name: "secrets", group: "", version: "v1" });
    expect(await findBuiltIn(answering(core), "secretz")).toBeUndefined();
  });

  test("what is not served is none; nor is what discovery still shows of a CRD that was just deleted", async () => {
    expect(await findBuiltIn(answering({}), NAME)).toBeUndefined();
    const leftOver = {
      "/apis/net.example.com": { versions: [{ version: "v1" }] },
      "/apis/net.example.com/v1": resource("nodes", "Node", "x"),
      ...services(["v1.net.example.com", "net.example.com", "true"]),
    };
    expect(await findBuiltIn(answering(leftOver), "nodes.net.example.com")).toBeUndefined();
  });

  const metrics = {
    "/apis/metrics.k8s.io": { versions: [{ version: "v1beta1" }] },
    ...services(["v1beta1.metrics.k8s.io", "metrics.k8s.io", "service"]),
  };
  test.each<[string, string, Record<string, unknown>, string]>([
    [
      "an aggregated API server's",
      "pods.metrics.k8s.io",
      { ...metrics, "/apis/metrics.k8s.io/v1beta1": resource("pods", "PodMetrics", "x") },
      "is served by an aggregated API server (APIService v1beta1.metrics.k8s.io names a Service)",
    ],
    [
      "that of one that is down",
      "pods.metrics.k8s.io",
      { ...metrics, "/apis/metrics.k8s.io/v1beta1": 503 },
      "is served by an aggregated API server",
    ],
    [
      "one that is not stored",
      "bindings",
      {
        "/api": { versions: ["v1"] },
        "/api/v1": resource("bindings", "Binding", undefined, ["create"]),
        ...services(["v1.", "", "onstart"]),
      },
      "bindings: the API server stores no object of it",
    ],
    [
      "one without the verbs",
      "foos",
      {
        "/api": { versions: ["v1"] },
        "/api/v1": resource("foos", "Foo", "x", ["create", "get", "list"]),
        ...services(["v1.", "", "onstart"]),
      },
      "foos: the API server has no patch of it",
    ],
  ])(
    "%s is refused, with the reason",
    async (_, name, answers, said) => {
      await expect(findBuiltIn(answering(answers), name)).rejects.toThrow(said);
    },
    20_000,
  );

  test("a hash that no served version has is said as it is; events are stored as those of the core group", () => {
    expect(storageOfBuiltIn(scalers, hash("v3"))).toBe(`hash ${hash("v3")}`);
    const events = { ...scalers, group: "events.k8s.io", kind: "Event", served: ["v1"] };
    expect(storageOfBuiltIn(events, storageVersionHash("", "v1", "Event"))).toBe("v1 of the core group");
  });
});

describe("what there is to do", () => {
  const decide = (facts: Partial<BuiltInFacts>, migrator: "in-tree" | "direct" = "direct", builtIn = scalers) =>
    decideBuiltInPlan(builtIn, { cluster: "u", sample: { objects: [], listed: "200" }, ...facts }, migrator);

  test.each<[string, Partial<BuiltInFacts>, string[]]>([
    ["without a proof", {}, ["unproven → v2: rewrite every object directly"]],
    ["proven", { proof }, []],
    [
      "proven for another storage version, before an upgrade",
      { proof: { ...proof, storageVersion: "v1", storageVersionHash: hash("v1") } },
      ["v1 → v2: rewrite every object directly"],
    ],
    ["proven in another cluster", { proof, cluster: "w" }, ["unproven → v2: rewrite every object directly"]],
    [
      "proven later than etcd is: it was restored from a backup",
      { proof, sample: { objects: [], listed: "99" } },
      ["unproven → v2: rewrite every object directly"],
    ],
  ])("%s", (_, facts, plan) => {
    expect(decide(facts)).toMatchObject({ plan, rewrites: plan.length > 0 });
  });

  test("by a StorageVersionMigration where it is served and can be", () => {
    const api = { storageMigrationApi: "v1" };
    expect(decide(api, "in-tree").plan[0]).toContain("by a StorageVersionMigration (storagemigration.k8s.io/v1)");
    expect(decide(api, "in-tree", { ...scalers, inTree: false }).plan[0]).toMatch(/rewrite every object directly$/);
  });

  test("managedFields of the sample at a version that is not served are moved, also where all is proven", () => {
    const object = (...apiVersions: string[]): KubernetesObject => ({
      metadata: { name: "x", managedFields: apiVersions.map((apiVersion) => ({ manager: "m", apiVersion })) },
    });
    const objects = [object("autoscaling/v1", "apps/v1beta1"), object("autoscaling/v2beta2")];
    expect(decide({ proof, sample: { objects, listed: "200" } })).toMatchObject({
      plan: ["managedFields autoscaling/v2beta2 → autoscaling/v2: not served any more"],
      rewrites: false,
      stale: [objects[1]],
    });
  });

  test("a damaged record is as good as none", () => {
    for (const text of [undefined, "", "{", "null", "7"]) expect(parseBuiltInProof(text)).toBeUndefined();
    const facts = { cluster: "u", hash: hash("v2"), listed: "200" };
    expect(isBuiltInProven(proof, facts)).toBe(true);
    expect(isBuiltInProven({ ...proof, resourceVersion: "soon" }, facts)).toBe(false);
  });
});

describe("agreement of the API servers", () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const server = (address: string, stores: () => string): ApiServer => ({
    address,
    call: <T>() =>
      Promise.resolve(resource("horizontalpodautoscalers", "HorizontalPodAutoscaler", hash(stores())) as T),
  });
  const plane = (...servers: ApiServer[]): ApiServers =>
    ({ servers, distinct: true, missingEvidence: [], description: `${servers.length} API servers` }) as never;

  test("one that is not upgraded yet is waited for, by name and version; then it goes on by itself", async () => {
    const said: string[] = [];
    const work = { report: (message: string) => void said.push(message), signal: new AbortController().signal };
    const upgraded = Date.now() + 20_000;
    const servers = plane(
      server("a", () => "v2"),
      server("b", () => (Date.now() < upgraded ? "v1" : "v2")),
    );
    const agreeing = awaitBuiltInAgreement(servers, scalers, work).then((agreed) => ({ agreed, at: Date.now() }));
    await jest.advanceTimersByTimeAsync(59_000);
    const { agreed, at } = await agreeing;
    expect(at).toBeGreaterThanOrEqual(upgraded);
    expect(said[0]).toBe(`waiting for every API server to store ${NAME} in one version: a stores v2; b stores v1`);
    expect(agreed).toEqual({
      hash: hash("v2"),
      evidence: [`each of 2 API servers shows v2 as the storage version of ${NAME}`],
    });
  });

  test("one that stays behind is an error that says who stores what, and nothing is recorded", async () => {
    const work = { report: () => undefined, signal: new AbortController().signal };
    const servers = plane(
      server("a", () => "v2"),
      server("b", () => "v1"),
    );
    const refused = expect(awaitBuiltInAgreement(servers, scalers, work)).rejects.toThrow(
      /API servers disagree about .*\n {4}a stores v2\n {4}b stores v1\n.*\n.*nothing is recorded as proven/,
    );
    await jest.advanceTimersByTimeAsync(70_000);
    await refused;
  });
});
