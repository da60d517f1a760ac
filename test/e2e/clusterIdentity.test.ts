import * as fs from "fs";
import * as path from "path";
import { rightsForPreview, rightsForUp, VersionedCRD, type VersionedCRDArgs } from "../../components";
import { PROOF_ANNOTATION } from "../../components/crd/names";
import { Cluster } from "../../components/kubernetes/cluster";
import { missingRights } from "../../components/kubernetes/missingRights";
import { rightsWithoutWhichRolloutFails } from "../../components/kubernetes/rights/rolloutRights";
import { type PolicyRule } from "../../components/kubernetes/rights/policyRule";
import { PHASES } from "../../components/versionedCRD/phase";
import { definitionOf, group as gadgets } from "./gadgets";
import { startWorld, type TestStack, type World } from "./harness";
import { createObjects, definitionPath, group, manifest, objectPath, plural, resource } from "./selfies";

jest.setTimeout(300_000);

interface Recorded {
  urn: string;
  inputs?: { clusterId?: string };
  outputs?: { clusterId?: string };
}

/** One control plane, whose etcd is copied, put back and at last emptied, which makes it another cluster at the same address. */
describe("which cluster, with which rights, and what became of it", () => {
  let world: World;
  let stack: TestStack;
  let failedState: Awaited<ReturnType<TestStack["automation"]["exportStack"]>>;
  const v1: VersionedCRDArgs = { file: manifest("v1"), migrator: "direct" };

  const identity = async (): Promise<string> =>
    ((await world.cluster.client.get("/api/v1/namespaces/kube-system")) as { metadata: { uid: string } }).metadata.uid;
  const deployment = async (): Promise<{ resources: Recorded[] }> =>
    (await stack.automation.exportStack()).deployment as { resources: Recorded[] };
  const phases = async (): Promise<Recorded[]> =>
    (await deployment()).resources.filter(({ urn }) => /dynamic\/kubernetes-storage-migration/.test(urn));
  const definition = async (): Promise<{ status: number; body: { status: { storedVersions: string[] } } }> =>
    world.cluster.client.send("GET", definitionPath);
  const unchanged = Object.fromEntries(PHASES.map((phase) => [phase, "same"]));

  beforeAll(async () => {
    world = await startWorld([resource], { controllerManager: false });
    stack = await world.stack("identity");
    await stack.up(v1);
  });
  afterAll(() => world.end());

  test("T1: the state of every phase records the uid of namespace kube-system", async () => {
    const uid = await identity();
    expect((await phases()).map(({ inputs, outputs }) => [inputs?.clusterId, outputs?.clusterId])).toEqual(
      PHASES.map(() => [uid, uid]),
    );
  });

  test("T2: a state of a release that recorded none previews without a change, and has it after the next up", async () => {
    const { deployment: whole, ...version } = await stack.automation.exportStack();
    for (const { inputs, outputs } of (whole as { resources: Recorded[] }).resources) {
      delete inputs?.clusterId;
      delete outputs?.clusterId;
    }
    await stack.automation.importStack({ ...version, deployment: whole as unknown });
    expect((await stack.preview(v1)).operations).toEqual(unchanged);
    expect((await stack.up(v1)).operations).toEqual(unchanged);
    const uid = await identity();
    expect((await phases()).map(({ inputs }) => inputs?.clusterId)).toEqual(PHASES.map(() => uid));
  });

  test("T3: each single right that is missing is named by verb and resource", async () => {
    const all = rightsWithoutWhichRolloutFails([resource]);
    const single = all.flatMap((rule, index) => rule.verbs.map((verb) => ({ rule, index, verb })));
    expect(single.length).toBeGreaterThan(15);
    for (const [number, { rule, index, verb }] of single.entries()) {
      const verbs = rule.verbs.filter((each) => each !== verb);
      const left: PolicyRule[] = all.flatMap((each, at) =>
        at === index ? (verbs.length ? [{ ...rule, verbs }] : []) : [each],
      );
      const kubeconfig = await world.cluster.userKubeconfig(`without-${number}`, left);
      const cluster = await Cluster.connect({ kubeconfig });
      const missing = await untilDenied(() => missingRights(cluster, all, "kube-system"));
      const [whole = ""] = rule.resources ?? [];
      const [name, subresource] = whole.split("/");
      const qualified = `${name}.${rule.apiGroups?.[0]}${subresource === undefined ? "" : `/${subresource}`}`;
      expect(missing).toHaveLength(1);
      expect(missing[0]).toMatch(new RegExp(`^${verb} ${qualified}( |$)`));
    }
    const complete = await Cluster.connect({ kubeconfig: world.kubeconfig });
    expect(await missingRights(complete, all, "kube-system")).toEqual([]);
  });

  test("T4: up without a right of a later phase, and without those of the lock, names all of them before the first change", async () => {
    const before = (await definition()).body;
    const isMissing = (name: string): boolean => ["customresourcedefinitions/status", "leases"].includes(name);
    const rules = rightsForUp([resource]).filter(({ resources = [] }) => !resources.some(isMissing));
    const kubeconfig = await world.cluster.userKubeconfig("no-status-no-lease", rules);
    const webhook = await world.webhook();
    const conversion = { url: webhook.url, caBundle: webhook.caBundle };
    const message = await stack.refused(stack.up({ ...v1, file: manifest("v1-v2"), conversion, kubeconfig }));
    expect(message).toMatch(/not allowed to .*create leases\.coordination\.k8s\.io.*rightsForUp/s);
    expect(message).toMatch(/patch customresourcedefinitions\.apiextensions\.k8s\.io\/status .*rightsForUp/s);
    expect((await definition()).body).toEqual(before);
    failedState = await stack.automation.exportStack();
    await stack.up(v1);
  });

  test("T4b: Leases are all in kube-system, so a Role there is enough for them; for objects none is", async () => {
    const gizmos = { group: gadgets, plural: "gizmos" };
    const args: VersionedCRDArgs = { crd: definitionOf("gizmos"), migrator: "direct" };
    const isAboutLeases = ({ resources }: PolicyRule): boolean => resources?.includes("leases") === true;
    const isAboutObjects = ({ apiGroups }: PolicyRule): boolean => apiGroups?.includes(gadgets) === true;
    const other = await world.stack("roles");
    const split = await withRole("split", rightsForUp([gizmos]), isAboutLeases, "kube-system");
    expect((await other.up({ ...args, kubeconfig: split })).operations["serve"]).toBe("create");
    const few = await withRole("few", rightsForUp([gizmos]), isAboutObjects, "default");
    const refused = await other.refused(other.preview({ ...args, kubeconfig: few }));
    expect(refused).toMatch(/not allowed to list gizmos.*\} by a ClusterRole and a ClusterRoleBinding/s);
  });

  test("T4c: two components of one program with the same CRD: preview refuses, by both names", async () => {
    const { automation } = await world.stack("twice");
    const crd = definitionOf("doodads");
    const program = (): Promise<void> => {
      for (const name of ["one", "copy"]) new VersionedCRD(name, { crd, kubeconfig: world.cluster.kubeconfig });
      return Promise.resolve();
    };
    await expect(automation.preview({ program })).rejects.toThrow(
      /two components of this program move it, (one and copy|copy and one)/,
    );
  });

  /** A user with these rights, some of them by a Role in one namespace alone. */
  async function withRole(
    name: string,
    all: readonly PolicyRule[],
    inRole: (rule: PolicyRule) => boolean,
    namespace: string,
  ): Promise<string> {
    const everywhere = all.filter((rule) => !inRole(rule));
    const kubeconfig = await world.cluster.userKubeconfig(name, everywhere);
    const apiGroup = "rbac.authorization.k8s.io";
    const at = `/apis/${apiGroup}/v1/namespaces/${namespace}`;
    const role = { apiVersion: `${apiGroup}/v1`, kind: "Role", metadata: { name }, rules: all.filter(inRole) };
    await world.cluster.client.post(`${at}/roles`, role);
    await world.cluster.client.post(`${at}/rolebindings`, {
      ...{ apiVersion: `${apiGroup}/v1`, kind: "RoleBinding", metadata: { name } },
      roleRef: { apiGroup, kind: "Role", name },
      subjects: [{ kind: "ServiceAccount", name, namespace: "kube-system" }],
    });
    return kubeconfig;
  }

  test("T5: where the identity may not be read, preview plans all the same and says once what is not checked", async () => {
    const rules = rightsForPreview([resource, { group: gadgets, plural: "doodads" }]).filter(
      ({ resources }) => !resources?.includes("namespaces"),
    );
    const kubeconfig = await world.cluster.userKubeconfig("blind", rules);
    const other = await world.stack("blind");
    const webhook = await world.webhook();
    const conversion = { url: webhook.url, caBundle: webhook.caBundle };
    // Another stack, hence another owner: what it plans is refused, so the first one previews, without what it has recorded.
    const message = await other.refused(other.preview({ ...v1, kubeconfig }));
    expect(message).toMatch(
      /belongs to organization\/storage-migration\/identity\/crd .*expected: +organization\/storage-migration\/blind/s,
    );
    const { plans, messages } = await stack.preview({ ...v1, file: manifest("v1-v2"), conversion, kubeconfig });
    expect(Object.keys(plans).sort()).toEqual(["migrate", "rehearse", "serve", "store"]);
    expect(messages.filter((each) => /same cluster/.test(each))).toEqual([]); // the state still knows it
    const fresh = await other.preview({ crd: definitionOf("doodads"), kubeconfig });
    const said = fresh.messages.filter((each) =>
      /is not checked: namespace kube-system may not be read; grant/.test(each),
    );
    expect(said).toHaveLength(1);
    const clusterId = await identity();
    expect(await stack.refused(stack.preview({ ...v1, kubeconfig, clusterId }))).toMatch(
      /this user may not read namespace kube-system/,
    );
  });

  test("T6: a CRD that was deleted by someone else is not silently created again", async () => {
    await createObjects(world.cluster.client, 3);
    await world.cluster.client.delete(definitionPath);
    while ((await definition()).status !== 404) await new Promise((resolve) => setTimeout(resolve, 100));
    const gone = /the CRD is not in the cluster, although this stack has it.*every object of it.*recreate: true/s;
    expect(await stack.refused(stack.preview(v1))).toMatch(gone);
    expect(await stack.refused(stack.up(v1))).toMatch(gone);
    await stack.automation.refresh();
    expect(await stack.refused(stack.preview(v1))).toMatch(gone);
    await stack.automation.importStack(failedState); // after a run that failed the engine asks for no diff
    expect(await stack.refused(stack.preview(v1))).toMatch(gone);
    expect(await stack.refused(stack.up(v1))).toMatch(gone);
    expect((await definition()).status).toBe(404);

    const { plans } = await stack.up({ ...v1, recreate: true });
    expect(plans["serve"]?.[0]).toMatch(/^\(none\) → selfierequests\.stable\.example\.com: create with v1/);
  });

  test("T7: an etcd put back to before the proof is migrated again, also where the record of the proof came along", async () => {
    const { client } = world.cluster;
    await createObjects(client, 12);
    const webhook = await world.webhook();
    const conversion = { url: webhook.url, caBundle: webhook.caBundle };
    const moving = { ...v1, file: manifest("v1-v2"), conversion };
    await stack.up({ ...moving, stopAfter: "store" });
    const backup = path.join(world.cluster.dir, "backup");
    await world.cluster.whileEtcdStopped((data) => fs.cpSync(data, backup, { recursive: true }));
    for (let write = 0; write < 300; write++)
      await client.apply(note, { ...noteBody, data: { write: String(write) } }, "test");
    const { outputs } = await stack.up(moving);
    expect(outputs["storedVersions"]).toEqual(["v2"]);

    await world.cluster.whileEtcdStopped((data) => {
      fs.rmSync(data, { recursive: true });
      fs.cpSync(backup, data, { recursive: true });
    });
    expect((await definition()).body.status.storedVersions).toEqual(["v1", "v2"]);
    expect(Object.keys((await stack.preview(moving)).plans)).toContain("migrate");
    // As a tool that puts annotations and status back from a newer backup would leave it.
    await client.mergePatch(definitionPath, { metadata: { annotations: { [PROOF_ANNOTATION]: outputs["proof"] } } });
    await client.mergePatch(`${definitionPath}/status`, { status: { storedVersions: ["v2"] } });
    expect(Object.keys((await stack.preview(moving)).plans)).toContain("migrate");
    expect(await stack.refused(stack.upOnly({ ...moving, file: manifest("v2") }, "drop"))).toMatch(/no valid proof/);
    await stack.up(moving);
    expect(new Set(Object.values(await world.stored(group, plural)))).toEqual(new Set([`${group}/v2`]));
  });

  test("T8: another cluster behind the same kubeconfig is refused at preview, names both, and is taken when told so", async () => {
    const uid = await identity();
    await world.cluster.whileEtcdStopped((data) => fs.rmSync(data, { recursive: true }));
    const found = await identity();
    expect(found).not.toBe(uid);
    await world.cluster.userKubeconfig("pipeline", rightsForUp([resource]));
    const refused = new RegExp(`is cluster ${found} .*expected: +${uid}.*clusterId: "${found}"`, "s");
    expect(await stack.refused(stack.preview(v1))).toMatch(refused);
    expect(await stack.refused(stack.up(v1))).toMatch(refused);
    expect((await definition()).status).toBe(404);

    const { operations } = await stack.up({ ...v1, clusterId: found });
    expect(operations["serve"]).toBe("update");
    expect((await phases()).map(({ inputs }) => inputs?.clusterId)).toEqual(PHASES.map(() => found));
    expect((await stack.preview(v1)).operations).toEqual(unchanged);
    expect(((await world.cluster.client.get(objectPath("v1"))) as { items: unknown[] }).items).toEqual([]);
  });
});

const note = "/api/v1/namespaces/default/configmaps/note";
const noteBody = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "note" } };

/** The authorizer follows its watch: a role that was just made counts a moment later. */
async function untilDenied(ask: () => Promise<string[]>): Promise<string[]> {
  for (let tried = 0; ; tried++) {
    const missing = await ask();
    if (missing.length <= 1 || tried === 50) return missing;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
