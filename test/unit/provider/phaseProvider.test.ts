import type { Definition } from "../../../components/crd/definition";
import type { ApiRequest } from "../../../components/kubernetes/api";
import { ApiError, UserError } from "../../../components/kubernetes/errors";
import { connect } from "../../../components/provider/connection";
import type { PhaseName } from "../../../components/versionedCRD/phase";
import { planServe } from "../../../components/versionedCRD/plan";
import { provider as phaseProvider } from "../../../components/versionedCRD/provider";
import { applied } from "../apiServer";
import { CRD, manifest, schema, version, withSpec } from "../fixtures";

// Only what no API server could show: which of its answers become which plan, failure or diff.
jest.mock("../../../components/provider/connection");

/** How the engine hands on what preview does not know. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const hidden = { __provider: "exports.handler = …", __urn: "" };
const common = { crd: CRD, group: "example.com", plural: "databases", kind: "Database", cluster: {} };
const inputs = { ...hidden, ...common, requestTimeoutSeconds: 60, decommissionedServers: [], version: "v2" };
/** Of the inputs of store, what its recorded outputs hold. */
const recorded = { __provider: hidden.__provider, version: "v2" };
const outputs = { ...recorded, plan: [], storageVersion: "v2", storedVersions: ["v2"] } as unknown as Outputs;

type Provider = ReturnType<typeof phaseProvider>;
type Inputs = Parameters<Provider["check"]>[1];
type Outputs = Parameters<Provider["diff"]>[1];

const store = phaseProvider("store", undefined);
const check = (news: object = inputs, phase: PhaseName = "store") =>
  phaseProvider(phase, undefined).check(news, news as Inputs);
const diff = (olds: object, news: object, provider: Provider = store) =>
  provider.diff(CRD, olds as Outputs, news as Inputs);

const clusterId = "uid-of-kube-system";

/** Every GET of the definition is answered with this, that of namespace kube-system with the cluster's identity; a dry run takes anything. */
function answer(live: unknown, identity: unknown = clusterId): jest.Mock<Promise<unknown>, [ApiRequest]> {
  const call = jest.fn<Promise<unknown>, [ApiRequest]>(({ method, path, body }) => {
    if (method === "PATCH") return Promise.resolve(body);
    const found = path.endsWith("/namespaces/kube-system") ? identity : live;
    if (found instanceof Error) return Promise.reject(found);
    return Promise.resolve(found === identity ? { metadata: { uid: identity } } : found);
  });
  jest.mocked(connect).mockResolvedValue({ call, server: "https://cp", context: "prod" } as never);
  return call;
}

const atV1 = applied(undefined, manifest("v1 storage", "v2"));

describe("two components of a program with one CRD", () => {
  const crd = "twices.example.com";
  const urn = (name: string, phase: string): string =>
    `urn:pulumi:dev::app::VersionedCRD$dynamic:Resource::${name}-${phase}`;
  const asked = (name: string): object => {
    const twice = manifest("v1 storage");
    const named = {
      ...twice,
      metadata: { name: crd },
      spec: { ...twice.spec, names: { ...twice.spec.names, plural: "twices" } },
    };
    const own = { owner: "o/app/dev/x", storage: "v1", migrator: "direct", manifest: named };
    return { ...inputs, ...own, crd, plural: "twices", __urn: urn(name, "serve") };
  };
  const refusal = (status: number): ApiError =>
    new ApiError("refused", status, "Refused", "refused", { method: "GET", path: "/" });
  const failures = async (name: string): Promise<string[]> =>
    (await check(asked(name), "serve")).failures.map(({ reason }) => reason);

  test("the second is refused by name, the first and its other phases are not; on another cluster, or on one that nobody knows, it may", async () => {
    answer(refusal(404));
    expect(await failures("one")).toEqual([]);
    expect((await check({ ...asked("one"), __urn: urn("one", "store") }, "store")).failures).toEqual([]);
    expect(await failures("one")).toEqual([]);
    expect(await failures("copy")).toEqual([
      expect.stringMatching(/^twices.example.com: two components of this program move it, one and copy\n.*next: /s),
    ]);
    answer(refusal(404), "uid-of-another-cluster");
    expect(await failures("elsewhere")).toEqual([]);
    answer(refusal(404), refusal(403));
    expect(await failures("unknown")).toEqual([]);
  });
});

describe("diff", () => {
  test("a plan is a change", async () => {
    expect(await diff(outputs, { ...inputs, plan: ["storage v1 → v2"] })).toEqual({ changes: true });
  });

  test("no plan is none", async () => {
    expect(await diff(outputs, { ...inputs, plan: [] })).toEqual({ changes: false });
  });

  test("a phase that stopAfter holds back never changes, whatever it plans", async () => {
    const held = { ...inputs, heldBy: "rehearse", plan: ["storage v1 → v2"] };
    expect(await diff(outputs, held)).toEqual({ changes: false });
  });

  test("another version asked for than recorded is a change, so that the outputs are true", async () => {
    expect(await diff({ ...outputs, version: "v1" }, { ...inputs, plan: [] })).toEqual({ changes: true });
  });

  test("serve: a manifest that asks for nothing new is no change, whatever was recorded", async () => {
    const serve = phaseProvider("serve", undefined);
    const asked = { ...inputs, manifest: manifest("v1 storage", "v2"), plan: [] };
    expect(await diff(outputs, asked, serve)).toEqual({ changes: false });
  });

  test("an input that preview does not know is a change: nobody can say that there is nothing to do", async () => {
    expect(await diff(outputs, { ...inputs, version: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" })).toEqual({
      changes: true,
    });
  });

  test("serve: a CRD that the state has and the cluster has not is an error, not a creation, unless told", async () => {
    const serve = phaseProvider("serve", undefined);
    const plan = planServe(undefined, manifest("v1 storage"), "me");
    const planned = { ...inputs, __urn: "planned", plan };
    expect(await diff(outputs, planned, serve)).toEqual({ changes: true }); // a refresh: the plan is the last run's
    answer(atV1);
    await check({ ...inputs, __urn: "planned" });
    await expect(async () => diff(outputs, planned, serve)).rejects.toThrow(
      /^databases.example.com: the CRD is not in the cluster, although this stack has it, with storage version v2/,
    );
    expect(await diff(outputs, { ...planned, recreate: true }, serve)).toEqual({ changes: true });
    const { storageVersion: _, ...failed } = outputs;
    expect(await diff(failed, planned, serve)).toEqual({ changes: true });
    const elsewhere = { ...planned, clusterId: "uid-of-another" };
    expect(await diff({ ...outputs, clusterId }, elsewhere, serve)).toEqual({ changes: true });
  });

  test("serve: after a failed run, of which no diff is asked, check knows it by what it saw, and update by what was kept", async () => {
    const serve = phaseProvider("serve", undefined);
    const wanted = manifest("v1 storage");
    const facet = { ...inputs, manifest: wanted, storage: "v1", migrator: "direct", owner: "me", version: undefined };
    const seen = { ...facet, __found: true, clusterId };
    const gone = /^databases.example.com: the CRD is not in the cluster, although this stack has it\n {2}expected: /;
    const notThere = new ApiError("not found", 404, "NotFound", "not found", { method: "GET", path: "/" });
    answer(notThere);
    const checked = (olds: object, more: object = {}) => serve.check(olds, { ...facet, ...more });
    expect((await checked(seen)).failures).toEqual([
      { property: "crd", reason: expect.stringMatching(gone) as string },
    ]);
    expect((await checked(seen, { recreate: true })).failures).toEqual([]);
    expect((await checked(facet)).failures).toEqual([]); // failed before it was there
    expect((await checked({ ...facet, storageVersion: "v1" })).failures).toEqual([]); // expected by that preview, and never so
    expect((await checked({ ...seen, clusterId: "uid-of-another" }, { cluster: { id: clusterId } })).failures).toEqual(
      [],
    );

    const plan = planServe(undefined, wanted, "me");
    const recorded = { ...outputs, ...facet, storageVersion: "v1" };
    const update = serve.update(CRD, recorded, { ...facet, plan });
    await expect(update).rejects.toMatchObject({
      message: expect.stringMatching(/although this stack has it, with storage version v1/) as string,
      properties: { storageVersion: "v1" }, // or the next run would make it anew
    });

    answer(applied(undefined, wanted));
    expect((await checked(facet)).inputs).toMatchObject({ __found: true });
  });

  test("what preview expected is not recorded by a run that fails", async () => {
    answer(new ApiError("down", 400, "", "down", { method: "GET", path: "/" }));
    const failed = await store.create({ ...inputs, storageVersion: "v2", storedVersions: ["v2"] }).then(
      () => undefined,
      (error: unknown) => (error as { properties: object }).properties,
    );
    expect(failed).toEqual(recorded);
  });

  test("other keys that the engine hides, another folder or provider text, are no change", async () => {
    const news = { ...inputs, __provider: "other", __urn: "other", plan: [] };
    expect(await diff(outputs, news)).toEqual({ changes: false });
  });
});

describe("check", () => {
  test("adds the plan to the inputs, so that preview shows it", async () => {
    answer(atV1);
    const plan = ["storage v1 → v2: one edit, then every API server must agree"];
    expect(await check()).toEqual({ inputs: { ...inputs, clusterId, plan, storageVersion: "v2" }, failures: [] });
  });

  test("inputs that the state leaves out are their defaults to the phase, and stay out of the state", async () => {
    answer(atV1);
    const { cluster: _, requestTimeoutSeconds: __, decommissionedServers: ___, ...short } = inputs;
    const { inputs: checked, failures } = await check(short);
    expect([failures, Object.keys(checked)]).toEqual([[], expect.not.arrayContaining(["cluster"])]);
    const { outs } = await store.create({ ...short, heldBy: "rehearse" } as unknown as Inputs);
    expect(outs).toMatchObject({ storedVersions: ["v1"] });
  });

  test("the plans of a preview read the definition once, and the first one after a phase has run reads it anew", async () => {
    const call = answer(atV1);
    const reads = () => call.mock.calls.filter(([{ method, path }]) => method === "GET" && path.endsWith(`/${CRD}`));
    await check();
    await check(inputs, "rehearse");
    expect(reads()).toHaveLength(1);
    await store.update(CRD, outputs, inputs as Inputs).catch(() => undefined);
    const whileItRan = reads().length;
    await check();
    expect(reads()).toHaveLength(whileItRan + 1);
  });

  test("what will be recorded is known in preview, unless the phase is held, and storedVersions where no phase moves them", async () => {
    answer(atV1);
    const known = async (phase: PhaseName, more: object = {}) => {
      const manifested = { manifest: manifest("v1", "v2 storage"), owner: "me", storage: "v2", versions: {} };
      const { inputs: shown } = await check({ ...inputs, ...manifested, ...more }, phase);
      const { storageVersion, storedVersions } = shown as unknown as Record<string, unknown>;
      return [storageVersion, storedVersions];
    };
    expect(await known("serve")).toEqual(["v1", ["v1"]]);
    expect(await known("rehearse")).toEqual(["v1", ["v1"]]);
    expect(await known("store")).toEqual(["v2", undefined]);
    expect(await known("migrate")).toEqual(["v2", undefined]);
    expect(await known("store", { heldBy: "serve" })).toEqual([undefined, undefined]);
  });

  test("plans nothing for a CRD that is not there yet", async () => {
    const request = { method: "GET", path: "/" } as const;
    answer(new ApiError("not found", 404, "NotFound", "not found", request));
    expect(await check()).toMatchObject({ inputs: { plan: [] }, failures: [] });
  });

  test("adds the plan of a held phase too: the order shows what is still to come", async () => {
    answer(atV1);
    expect((await check({ ...inputs, heldBy: "rehearse" })).inputs).toHaveProperty("plan.0");
  });

  test("asks the cluster nothing while an input is unknown in preview", async () => {
    const call = answer(atV1);
    const unknown = { ...inputs, crd: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" };
    expect(await check(unknown)).toEqual({ inputs: unknown, failures: [] });
    expect(call).not.toHaveBeenCalled();
  });

  test("plans what does not hang on the unknown, and leaves the plan out of the inputs", async () => {
    const call = answer(atV1);
    const news = { ...inputs, versions: ["v2"], conversion: { webhook: { clientConfig: { caBundle: UNKNOWN } } } };
    expect(await check(news, "drop")).toEqual({ inputs: news, failures: [] });
    expect(call).toHaveBeenCalled();
  });

  test("serve with a caBundle that is unknown: the manifest is checked, the webhook is not asked", async () => {
    const call = answer(atV1);
    const lateWebhook = (wanted: Definition) => {
      const clientConfig = { url: "https://127.0.0.1:1/", caBundle: UNKNOWN };
      return withSpec(wanted, { conversion: { strategy: "Webhook", webhook: { clientConfig } } });
    };
    const news = { ...inputs, storage: "v2", migrator: "direct", owner: "me" };
    const fine = { ...news, manifest: lateWebhook(manifest("v1", "v2 storage")) };
    expect(await check(fine, "serve")).toEqual({ inputs: fine, failures: [] });
    const wrong = { ...news, manifest: lateWebhook(manifest("v1 unserved", "v2 storage")) };
    expect((await check(wrong, "serve")).failures).toHaveLength(1);
    expect(new Set(call.mock.calls.map(([{ method }]) => method))).toEqual(new Set(["GET"]));
  });

  test("a whole conversion that is unknown is taken for a webhook: None would be refused for its pruning", async () => {
    answer(atV1);
    const wider = version("v1", schema("host", "port"));
    const wanted = withSpec(manifest(wider, "v2 storage"), { conversion: UNKNOWN as never });
    const news = { ...inputs, manifest: wanted, storage: "v2", migrator: "direct", owner: "me" };
    expect(await check(news, "serve")).toEqual({ inputs: news, failures: [] });
  });

  test("another CRD than before, which is still there => refused: it would be left behind", async () => {
    answer(atV1);
    const olds = { ...inputs, crd: "servers.example.com" };
    const { failures } = await phaseProvider("store", undefined).check(olds, inputs);
    expect(failures[0]?.reason).toMatch(
      /^databases\.example\.com: this component's CRD is servers\.example\.com so far, .* VersionedCRD of its own/s,
    );
  });

  test("another CRD than before, which never came to be => fine: a name was corrected", async () => {
    const call = answer(atV1);
    call.mockImplementation(({ path }) =>
      path.endsWith("/typo.example.com")
        ? Promise.reject(new ApiError("not found", 404, "NotFound", "not found", { method: "GET", path }))
        : Promise.resolve(atV1),
    );
    const olds = { ...inputs, crd: "typo.example.com" };
    const { failures } = await phaseProvider("store", undefined).check(olds, inputs);
    expect(failures).toEqual([]);
  });

  test("only reads", async () => {
    const call = answer(atV1);
    await check();
    expect(call.mock.calls.map(([{ method }]) => method)).toEqual(["GET", "GET", "GET"]);
  });

  test("a cluster that does not answer is a failure with the sentence alone, and no plan", async () => {
    jest.mocked(connect).mockRejectedValue(new UserError("cluster https://10.0.0.1 cannot be reached"));
    expect(await check()).toEqual({
      inputs,
      failures: [{ property: "crd", reason: "cluster https://10.0.0.1 cannot be reached" }],
    });
  });

  test("a defect of ours is a failure with its stack", async () => {
    jest.mocked(connect).mockRejectedValue(new TypeError("undefined is not a function"));
    const [failure] = (await check()).failures;
    expect(failure?.reason).toMatch(/^TypeError: undefined is not a function\n +at /);
  });

  test("a manifest that is wrong is a failure that names the CRD", async () => {
    answer(atV1);
    const wrong = { ...inputs, manifest: manifest("v1", "v2"), storage: "v2", migrator: "direct", owner: "me" };
    const [failure] = (await check(wrong, "serve")).failures;
    expect(failure?.reason).toMatch(/^databases.example.com: spec.versions: no version has storage: true/);
  });

  test("every problem is a failure of its own", async () => {
    answer(
      applied(undefined, {
        ...atV1,
        metadata: { ...atV1.metadata, annotations: { "kubernetes-storage-migration/owner": "them" } },
      }),
    );
    const wrong = manifest("v1 unserved", "v2 storage");
    const news = { ...inputs, manifest: wrong, storage: "v2", migrator: "direct", owner: "me" };
    const { failures } = await check(news, "serve");
    expect(failures.map(({ reason }) => reason)).toEqual([
      expect.stringContaining("belongs to them"),
      expect.stringContaining("v1 is served: false but still the live storage version"),
    ]);
  });
});

describe("another cluster behind the same name", () => {
  const checkAgain = (olds: object, news: object = inputs) => store.check(olds, news as Inputs);
  const forbidden = new ApiError("not allowed", 403, "Forbidden", "", { method: "GET", path: "" });

  test("is an error at preview that names both uids and the way on", async () => {
    answer(atV1);
    const { failures } = await checkAgain({ ...inputs, clusterId: "uid-of-another" });
    expect(failures).toEqual([
      {
        property: "crd",
        reason:
          'https://cp (context prod) is cluster uid-of-kube-system (uid of namespace kube-system)\n  expected: uid-of-another, on which this stack has worked so far\n  next:     check kubeconfig and context; if this cluster has really taken the other one\'s place, say so with clusterId: "uid-of-kube-system"',
      },
    ]);
  });

  test("is accepted by its uid, and recorded from then on; what the phases recorded of the other one is renewed", async () => {
    answer(atV1);
    const news = { ...inputs, cluster: { id: clusterId } };
    const { inputs: checked, failures } = await checkAgain({ ...inputs, clusterId: "uid-of-another" }, news);
    expect([checked.clusterId, failures]).toEqual([clusterId, []]);
    expect(await diff({ ...outputs, clusterId: "uid-of-another" }, { ...checked, plan: [] })).toEqual({
      changes: true,
    });
  });

  test("one that clusterId does not name is an error, on the first run too", async () => {
    answer(atV1);
    const [failure] = (await checkAgain({}, { ...inputs, cluster: { id: "uid-wanted" } })).failures;
    expect(failure?.reason).toMatch(/is cluster uid-of-kube-system.*expected: +uid-wanted, as clusterId says/s);
  });

  test("a state from before identities were recorded takes the one found, without a change", async () => {
    answer(atV1);
    const { inputs: checked } = await checkAgain(inputs);
    expect(checked.clusterId).toBe(clusterId);
    expect(await diff(outputs, { ...checked, plan: [] })).toEqual({ changes: false });
  });

  test("where the namespace may not be read, what the state has stays; with clusterId it is an error", async () => {
    answer(atV1, forbidden);
    expect((await checkAgain({ ...inputs, clusterId: "uid-of-another" })).inputs.clusterId).toBe("uid-of-another");
    expect((await checkAgain(inputs)).inputs).not.toHaveProperty("clusterId");
    const [failure] = (await checkAgain({}, { ...inputs, cluster: { id: "uid-wanted" } })).failures;
    expect(failure?.reason).toMatch(
      /this user may not read namespace kube-system.*grant this user the rule .*kube-system/s,
    );
  });

  test("that came in since preview is refused before the phase writes or deletes anything", async () => {
    const call = answer(atV1);
    const news = { ...inputs, clusterId: "uid-of-another" } as Inputs;
    const reasons = [expect.stringContaining("expected: uid-of-another")];
    await expect(store.create(news)).rejects.toMatchObject({ reasons });
    await expect(store.update(CRD, outputs, news)).rejects.toMatchObject({ reasons });
    expect(new Set(call.mock.calls.map(([{ method }]) => method))).toEqual(new Set(["GET"]));
  });
});

describe("what the state was before", () => {
  const serve = { ...inputs, manifest: manifest("v1 storage"), storage: "v1", migrator: "direct", owner: "o/p/s/new" };
  const official = { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", metadata: { name: CRD } };
  const from = (olds: object) => phaseProvider("serve", undefined).check(olds, serve);

  test("another CRD => refused: group and plural never change, and the first one would be left behind unseen", async () => {
    answer(atV1); // and the other one is there as well
    const reason =
      /^databases\.example\.com: this component's CRD is bases\.example\.com so far, and it is in the cluster/;
    for (const olds of [{ crd: "bases.example.com" }, { ...official, metadata: { name: "bases.example.com" } }]) {
      expect((await from(olds)).failures[0]?.reason).toMatch(reason);
    }
  });

  test("the official resource => adopted, and a change whatever the plan", async () => {
    answer(manifest("v1 storage"));
    expect((await from(official)).inputs).toMatchObject({ __adopts: true });
    expect(await diff(official, { ...serve, plan: [] })).toEqual({ changes: true });
  });

  test("ours, of another owner => that one's word on the CRD counts as ours", async () => {
    answer(applied(undefined, manifest("v1 storage")));
    expect((await from({ ...serve, owner: "o/p/old/x" })).inputs).toMatchObject({ __formerOwner: "o/p/old/x" });
    expect((await from(serve)).inputs).not.toHaveProperty("__formerOwner");
  });
});

describe("create and update", () => {
  test("a failure keeps the phase in the state with its provider and what a later diff reads, and says why", async () => {
    jest.mocked(connect).mockRejectedValue(new UserError("cluster https://10.0.0.1 cannot be reached"));
    const reasons = ["cluster https://10.0.0.1 cannot be reached"];
    await expect(store.create(inputs as Inputs)).rejects.toMatchObject({ id: CRD, properties: recorded, reasons });
    await expect(store.update(CRD, outputs, inputs as Inputs)).rejects.toMatchObject({ reasons });
  });

  test("a right that is missing is told before the lock is taken, which needs one itself", async () => {
    const call = jest.fn<Promise<unknown>, [ApiRequest]>(({ path }) => {
      if (path.includes("/leases/")) return Promise.reject(new Error("the lock was asked for"));
      if (path.endsWith("selfsubjectaccessreviews")) return Promise.resolve({ status: { allowed: false } });
      if (path.endsWith("/namespaces/kube-system")) return Promise.resolve({ metadata: { uid: clusterId } });
      return Promise.resolve({ ...atV1, items: [], versions: [] });
    });
    jest.mocked(connect).mockResolvedValue({ call, server: "https://cp", context: "prod" } as never);
    const wanted = {
      manifest: manifest("v1 storage", "v2", "v3"),
      storage: "v1",
      migrator: "direct",
      owner: "o/p/s/x",
    };
    const failed = phaseProvider("serve", undefined).create({ ...inputs, ...wanted, plan: ["x"] });
    await expect(failed).rejects.toThrow(/not allowed to .*create leases\.coordination\.k8s\.io/);
  });

  test("a held phase writes nothing and records where the cluster stands", async () => {
    const call = answer(atV1);
    const { id, outs } = await store.create({ ...inputs, heldBy: "rehearse" });
    expect([id, outs.storedVersions]).toEqual([CRD, ["v1"]]);
    expect(call.mock.calls.map(([{ method }]) => method)).toEqual(["GET"]);
  });
});

test.each(["store", "serve"] as const)("removing %s from the program touches nothing in the cluster", async (phase) => {
  const call = answer(atV1);
  await phaseProvider(phase, undefined).delete(CRD, outputs);
  expect(call).not.toHaveBeenCalled();
});

describe("a delete that onDelete asks for", () => {
  const crd = "leftovers.example.com"; // the program has the other one since the first test
  const serve = phaseProvider("serve", undefined);
  const leaving = { ...outputs, crd, owner: "o/p/s/x", onDelete: "delete-with-objects" } as unknown as Outputs;
  const refusal = (status: number): ApiError => new ApiError("no", status, "", "no", { method: "GET", path: "" });
  const methods = async (identity: unknown): Promise<string[]> => {
    const call = answer(refusal(404), identity);
    await serve.delete(crd, leaving).catch(() => undefined);
    return call.mock.calls.map(([{ method }]) => method);
  };

  test("finds what it reads among what serve records, also of a run that failed", async () => {
    answer(refusal(400));
    const { group, plural, cluster, __urn } = inputs;
    const needed = { crd, group, plural, cluster, __urn, owner: "o/p/s/x", onDelete: "delete" };
    const failed = serve.create({
      ...inputs,
      ...needed,
      manifest: manifest("v1 storage"),
      migrator: "direct",
    });
    await expect(failed).rejects.toMatchObject({ id: crd, properties: { __provider: hidden.__provider, ...needed } });
  });

  test("goes on while no component of the program has the CRD on this cluster", async () => {
    expect(await methods("uid-of-a")).toContain("POST"); // the lock
    answer(atV1, "uid-of-b");
    await store.check(undefined, { ...inputs, crd });
    expect(await methods("uid-of-a")).toContain("POST");
  });

  test("leaves it alone where one has, or may have: it was replaced, or moved to another URN", async () => {
    expect(await methods("uid-of-b")).toEqual(["GET"]);
    expect(await methods(refusal(403))).toEqual(["GET"]);
    jest.mocked(connect).mockRejectedValue(new UserError("unreachable"));
    await store.check(undefined, { ...inputs, crd });
    expect(await methods("uid-of-a")).toEqual(["GET"]);
  });
});
