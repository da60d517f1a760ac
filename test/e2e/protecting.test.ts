import * as fs from "fs";
import * as path from "path";
import { rightsForDelete, rightsForDrop, rightsForProtection, rightsForUp, VersionedCRD } from "../../components";
import type { VersionedCRDArgs } from "../../components";
import { REQUEST_TIMEOUT_SECONDS } from "../../local/toolchain/kubernetesPlugin";
import { createGadget, crdName, definitionOf, definitionPath, group, identities } from "./gadgets";
import { startWorld, type World } from "./harness";
import { ProgramStack } from "./programs";

jest.setTimeout(300_000);

const plural = "alphas";
const crd = crdName(plural);
const resources = [{ group, plural }];
const policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";

/** A CRD with `protect: true`, and everybody who makes one of the two mistakes. */
describe("protect: true", () => {
  let world: World;
  let dir: string;
  let kubeconfig: string;
  let stack: ProgramStack;
  let before: unknown;

  /** The manifest with these versions, the last of them in storage. */
  const file = (...versions: string[]): string => {
    const definition = definitionOf(plural, { v2: true });
    const { spec } = definition;
    const kept = spec.versions.filter(({ name }) => versions.includes(name));
    const withStorage = kept.map((version) => ({ ...version, storage: version.name === versions.at(-1) }));
    const name = path.join(dir, `${versions.join("-")}.json`);
    fs.writeFileSync(name, JSON.stringify({ ...definition, spec: { ...spec, versions: withStorage } }));
    return name;
  };
  const program = (more: VersionedCRDArgs) => (): void => {
    new VersionedCRD("alpha", { kubeconfig, requestTimeoutSeconds: 2, migrator: "direct", protect: true, ...more });
  };
  const send = (method: string, query = "", body?: unknown, type?: string) =>
    world.cluster.client.send(method, definitionPath(plural) + query, body, type);
  const same = async (): Promise<void> => expect(await identities(world.cluster.client, plural)).toEqual(before);
  /** API servers read policies by a watch. */
  const untilInForce = async (): Promise<void> => {
    while ((await send("DELETE", "?dryRun=All")).status !== 403) await new Promise((done) => setTimeout(done, 100));
  };

  beforeAll(async () => {
    world = await startWorld(resources, { requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS });
    dir = path.dirname(world.kubeconfig);
    kubeconfig = await world.cluster.userKubeconfig("owner", [
      ...[rightsForUp, rightsForDelete, rightsForProtection].flatMap((rights) => rights(resources)),
      ...rightsForDrop(),
    ]);
    stack = await ProgramStack.create(dir, "protected", kubeconfig);
  });
  afterAll(() => world.end());

  test("T1: the policy and its binding are made with the listed rights; unchanged, the next preview is empty", async () => {
    const made = await stack.up(program({ file: file("v1") }));
    expect(made.operations).toMatchObject({ "alpha-serve": "create", "alpha-protection": "create" });
    await createGadget(world.cluster.client, plural);
    before = await identities(world.cluster.client, plural);
    const again = await stack.preview(program({ file: file("v1") }));
    expect(new Set(Object.values(again.operations))).toEqual(new Set(["same"]));
    await untilInForce();
  });

  test("T2: nobody deletes the CRD: not kubectl, not with others at once, not the official resource of another stack; who is refused reads how to", async () => {
    const refused = await send("DELETE");
    expect(refused.status).toBe(403);
    const { generation } = (await world.cluster.client.get(definitionPath(plural))).metadata;
    const command = `kubectl annotate crd ${crd} --overwrite kubernetes-storage-migration/deletion=${generation}`;
    expect((refused.body as { message: string }).message).toContain(
      `${crd} is protected: to delete it deletes all its objects. If that is wanted: ${command}`,
    );
    // All of a selector at once: such a request names no CRD.
    const collection = `${definitionPath("").replace(/\/[^/]*$/, "")}?fieldSelector=metadata.name=${crd}`;
    const ofMany = await world.cluster.client.send("DELETE", collection);
    expect([ofMany.status, (ofMany.body as { message: string }).message]).toEqual([
      403,
      expect.stringContaining(`${crd} is protected`),
    ]);
    const other = await ProgramStack.create(dir, "other", world.cluster.kubeconfig);
    const token = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition";
    await other.up(() => undefined);
    await other.pulumi(
      "import",
      token,
      "crd",
      crd,
      "--yes",
      "--stack",
      "other",
      "--generate-code=false",
      "--protect=false",
    );
    await expect(other.destroy()).rejects.toThrow(/is protected/);
    await same();
  });

  test("T3: nobody but drop removes a version: not a replace, not a patch, not an apply with force", async () => {
    await stack.up(program({ file: file("v1", "v2"), stopAfter: "migrate" }));
    const live = await world.cluster.client.get(definitionPath(plural));
    expect(live.status.storedVersions).toEqual(["v2"]); // the API server itself would let v1 go
    const versions = live.spec.versions.filter(({ name }: { name: string }) => name === "v2");
    const whole = { ...live, spec: { ...live.spec, versions } };
    const apply = { apiVersion: live.apiVersion, kind: live.kind, metadata: { name: crd }, spec: whole.spec };
    const answers = [
      await send("PUT", "?fieldManager=kubectl-replace", whole),
      await send("PATCH", "?fieldManager=helm", { spec: { versions } }, "application/merge-patch+json"),
    ];
    for (const { status, body } of answers) {
      expect([status, (body as { message: string }).message]).toEqual([403, expect.stringContaining("Removed: v1")]);
    }
    // An apply removes what its manager alone has owned.
    const both = { ...apply, spec: live.spec };
    const force = "?fieldManager=kustomize-controller&force=true";
    expect((await send("PATCH", force, both, "application/apply-patch+yaml")).status).toBe(200);
    await world.cluster.client.mergePatch(definitionPath(plural), { metadata: { managedFields: [{}] } });
    expect((await send("PATCH", force, both, "application/apply-patch+yaml")).status).toBe(200);
    const applied = await send("PATCH", force, apply, "application/apply-patch+yaml");
    expect([applied.status, (applied.body as { message: string }).message]).toEqual([
      403,
      expect.stringContaining("Removed: v1"),
    ]);
    await same();
  });

  test("T4: drop does, and preview knows that it may", async () => {
    const args = { file: file("v2"), takeOverFrom: ["before-first-apply", "kustomize-controller"] };
    expect((await stack.preview(program(args))).operations).toMatchObject({ "alpha-drop": "update" });
    await stack.up(program(args));
    const { spec } = await world.cluster.client.get(definitionPath(plural));
    expect(spec.versions.map(({ name }: { name: string }) => name)).toEqual(["v2"]);
  });

  test("T5: an allowed deletion is one of this very generation", async () => {
    const allow = (generation: number) =>
      world.cluster.client.mergePatch(definitionPath(plural), {
        metadata: { annotations: { "kubernetes-storage-migration/deletion": String(generation) } },
      });
    const { generation } = (await world.cluster.client.get(definitionPath(plural))).metadata as { generation: number };
    await allow(generation - 1);
    expect((await send("DELETE", "?dryRun=All")).status).toBe(403);
    await allow(generation);
    expect((await send("DELETE", "?dryRun=All")).status).toBe(200);
    await world.cluster.client.mergePatch(definitionPath(plural), { spec: { names: { categories: ["all"] } } });
    expect((await send("DELETE", "?dryRun=All")).status).toBe(403);
  });

  test("T6: leaving by onDelete, the component deletes the CRD itself, and the policy is gone as well", async () => {
    const leaving: VersionedCRDArgs = { file: file("v2"), onDelete: "delete-with-objects" };
    await stack.up(program(leaving));
    await stack.up(() => undefined);
    expect((await send("GET")).status).toBe(404);
    expect((await world.cluster.client.get(policies)).items).toEqual([]);
  });

  test("T7: the policy alone is gone where `protect` is taken back, and the CRD can be deleted", async () => {
    await stack.up(program({ file: file("v2") }));
    await untilInForce();
    await stack.up(program({ file: file("v2"), protect: false }));
    while ((await send("DELETE", "?dryRun=All")).status !== 200) await new Promise((done) => setTimeout(done, 100));
    expect((await world.cluster.client.get(policies)).items).toEqual([]);
  });
});
