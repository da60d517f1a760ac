import * as fs from "fs";
import * as path from "path";
import { rightsForDrop, rightsForUp, type VersionedCRDArgs } from "../../components";
import { CliProgram } from "./cli";
import { startWorld, type TestStack, type World } from "./harness";
import { createObject, createObjects, definitionPath, group, manifest, objectPath, plural, resource } from "./selfies";

jest.setTimeout(300_000);

const admission = "/apis/admissionregistration.k8s.io/v1";
const configMaps = "/api/v1/namespaces/default/configmaps";

/** Everything here depends on v1 without being stored in it: a drop that looked at its own objects alone would break it. */
describe("a version that others depend on is not dropped", () => {
  let world: World;
  let stack: TestStack;
  let conversion: { url: string; caBundle: string };
  let owner: { uid: string };
  let kept: { uid: string };

  const live = () => world.cluster.client.get(definitionPath);
  const served = async (): Promise<Record<string, boolean>> =>
    Object.fromEntries(
      (await live()).spec.versions.map((each: { name: string; served: boolean }) => [each.name, each.served]),
    );
  const nothingChanged = async (generation: number): Promise<void> => {
    expect(await served()).toEqual({ v1: true, v2: true });
    expect((await live()).metadata.generation).toBe(generation);
  };
  const args = (name: "v1" | "v1-v2" | "v2", more: Partial<VersionedCRDArgs> = {}): VersionedCRDArgs => ({
    file: manifest(name),
    migrator: "direct",
    ...(name !== "v1" && { conversion }),
    ...(name === "v2" && { acknowledge: [{ check: "version-in-use", path: "v1", reason: "the object of T4" }] }),
    ...more,
  });

  const createConfigMap = (name: string, ...ownerReferences: object[]) =>
    world.cluster.client.post(configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, ...(ownerReferences.length > 0 && { ownerReferences }) },
    });
  const ownedAt = (version: string) => ({
    apiVersion: `${group}/${version}`,
    kind: "SelfieRequest",
    name: "old-0",
    uid: owner.uid,
  });
  const createWebhook = (name: string, apiVersions: string[], matchPolicy: string) =>
    world.cluster.client.post(`${admission}/validatingwebhookconfigurations`, {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingWebhookConfiguration",
      metadata: { name },
      webhooks: [
        {
          name: "images.example.com",
          matchPolicy,
          failurePolicy: "Ignore",
          sideEffects: "None",
          admissionReviewVersions: ["v1"],
          clientConfig: { url: "https://127.0.0.1:9/validate" },
          rules: [{ apiGroups: [group], apiVersions, operations: ["CREATE", "UPDATE"], resources: [plural] }],
          objectSelector: { matchLabels: { guarded: "true" } }, // whether it answers is no part of this
        },
      ],
    });
  const webhookPath = (name: string) => `${admission}/validatingwebhookconfigurations/${name}`;

  beforeAll(async () => {
    world = await startWorld([resource]);
    stack = await world.stack("test"); // CliProgram's name too: the CRD has one owner
    const webhook = await world.webhook();
    conversion = { url: webhook.url, caBundle: webhook.caBundle };
    await stack.up(args("v1"));
    await createObjects(world.cluster.client, 3);
    owner = (await world.cluster.client.get(objectPath("v1", "old-0"))).metadata as { uid: string };
    kept = (await createConfigMap("kept")).metadata as { uid: string };
  });
  afterAll(() => world.end());

  test("T1 serve: a rule with matchPolicy Exact on v1 alone is refused at preview and at up", async () => {
    await createWebhook("exact", ["v1"], "Exact");
    const wanted = args("v1-v2", { stopAfter: "serve" });
    for (const message of [await stack.refused(stack.preview(wanted)), await stack.refused(stack.up(wanted))]) {
      expect(message).toMatch(
        /ValidatingWebhookConfiguration exact, webhook images\.example\.com, rule 1 has matchPolicy Exact and names v1/,
      );
    }
    expect(await served()).toEqual({ v1: true });
    await world.cluster.client.delete(webhookPath("exact"));
  });

  test("T2 serve: the same rule with Equivalent is no way round, and the rollout runs up to drop", async () => {
    await createWebhook("equivalent", ["v1"], "Equivalent");
    await stack.up(args("v1-v2", { stopAfter: "migrate" }));
    expect(await served()).toEqual({ v1: true, v2: true });
  });

  test("T3 drop: a webhook and a policy that name v1 alone are refused at preview and at up", async () => {
    await world.cluster.client.post(`${admission}/validatingadmissionpolicies`, {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicy",
      metadata: { name: "no-latest" },
      spec: {
        paramKind: { apiVersion: `${group}/v1`, kind: "SelfieRequest" },
        matchConstraints: {
          resourceRules: [{ apiGroups: [group], apiVersions: ["v1"], operations: ["CREATE"], resources: [plural] }],
        },
        validations: [{ expression: "true" }],
      },
    });
    const { generation } = (await live()).metadata;
    for (const message of await refusedByCli(world.kubeconfig, conversion)) {
      expect(message).toMatch(
        /ValidatingWebhookConfiguration equivalent, webhook images\.example\.com, rule 1 names v1/,
      );
      expect(message).toMatch(/ValidatingAdmissionPolicy no-latest, rule 1 names v1/);
      expect(message).toMatch(/ValidatingAdmissionPolicy no-latest takes its parameters from SelfieRequest at .*v1/);
    }
    await nothingChanged(generation);
    await stack.preview(args("v2", { stopAfter: "migrate" })); // held back, it stands in nobody's way
    await world.cluster.client.delete(`${admission}/validatingadmissionpolicies/no-latest`);
    await world.cluster.client.delete(webhookPath("equivalent"));
    await createWebhook("both", ["v1", "v2"], "Equivalent");
  });

  test("T4 drop: preview says who still uses v1; what may not be read, it says too, and goes on", async () => {
    await createObject(world.cluster.client, "late", "host:1");
    const preview = await stack.preview(args("v2"));
    expect(preview.messages.join("\n")).toMatch(
      /v1 is still used: manager \S+ \(\d+ objects, last \d{4}-\d\d-\d\dT\S+Z\), 1 write and \d+ other requests? since migrate ended \(\S+\)$/m,
    );
    expect(JSON.stringify(preview.plans)).not.toMatch(/still used/);
    const kubeconfig = await world.cluster.userKubeconfig(
      "blind",
      rightsForUp([resource]).filter(({ apiGroups }) => apiGroups?.[0] !== "admissionregistration.k8s.io"),
    );
    const said = (await stack.preview(args("v2", { kubeconfig }))).messages.join("\n");
    expect(said).toMatch(/requests not read: not allowed to get \/metrics \(403\)/);
    expect(said).toMatch(/not looked at: requests through v1: not allowed to get \/metrics \(403\)/);
    expect(said).toMatch(/were not checked for in .*validatingwebhookconfigurations.*403/);
  });

  test("T5 drop: twelve children that name their owner at v1 are listed, ten of them and a count", async () => {
    const other = { apiVersion: "v1", kind: "ConfigMap", name: "kept", uid: kept.uid };
    for (let index = 0; index < 11; index++) await createConfigMap(`child-${index}`, ownedAt("v1"));
    await createConfigMap("child-of-two", other, ownedAt("v1"));
    await createConfigMap("new-child", ownedAt("v2"));
    const { generation } = (await live()).metadata;
    const message = await stack.refused(stack.up(args("v2")));
    expect(message).toMatch(/12 objects name stable\.example\.com\/v1 as the apiVersion of an owner of kind Selfie/);
    expect(new Set(message.match(/configmaps default\/child-[\w-]+/g)).size).toBe(10);
    expect(message).toMatch(/… and 2 more/);
    expect(message).toMatch(/ownerReferences: "rewrite"/);
    expect(message).not.toMatch(/default\/new-child/);
    await nothingChanged(generation);
  });

  test("T6 drop: what may not be listed, or does not answer, is named and stops it unless the user says so", async () => {
    await world.cluster.client.post("/apis/apiregistration.k8s.io/v1/apiservices", {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: "v1beta1.metrics.k8s.io" },
      spec: {
        group: "metrics.k8s.io",
        version: "v1beta1",
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: { namespace: "kube-system", name: "none", port: 443 },
      },
    });
    const { generation } = (await live()).metadata;
    expect(await stack.refused(stack.up(args("v2")))).toMatch(/\*\.metrics\.k8s\.io: its API server does not answer/);
    const list = { apiGroups: [""], resources: ["configmaps"], verbs: ["list"] };
    const kubeconfig = await world.cluster.userKubeconfig("few", [...rightsForUp([resource]), list]);
    const message = await stack.refused(stack.up(args("v2", { kubeconfig })));
    expect(message).toMatch(/resources could not be searched for objects owned at stable\.example\.com\/v1/);
    expect(message).toMatch(/not allowed to list it \(403\)/);
    expect(message).toMatch(/skipOwnerSearch: \["\*"\]/);
    // The user's word is for what cannot be searched: what is found still counts.
    expect(await stack.refused(stack.up(args("v2", { kubeconfig, skipOwnerSearch: ["*"] })))).toMatch(
      /12 objects name/,
    );
    await nothingChanged(generation);
  });

  test("T7 drop: rewritten only when asked, and with the right to", async () => {
    const { generation } = (await live()).metadata;
    const asked = args("v2", { ownerReferences: "rewrite", skipOwnerSearch: ["*.metrics.k8s.io"] });
    expect(await stack.refused(stack.up(asked))).toMatch(
      /could not rewrite configmaps default\/child-0: not allowed to patch configmaps/,
    );
    await nothingChanged(generation);
  });

  test("T8 drop: rewritten, each reference in its place, v1 goes, and the webhook, although another controller has injected its caBundle", async () => {
    // Without the caBundle handed over the API server refuses the removal: 422, webhookClientConfig beside strategy None.
    const conversionPatch = { webhook: { clientConfig: { caBundle: twice(conversion.caBundle) } } };
    await world.cluster.client.mergePatch(`${definitionPath}?fieldManager=cert-manager-cainjector`, {
      spec: { conversion: conversionPatch },
    });
    const asked = args("v2", { ownerReferences: "rewrite", skipOwnerSearch: ["*.metrics.k8s.io"] });
    const { conversion: _leaves, ...withoutWebhook } = asked;
    const patch = { apiGroups: [""], resources: ["configmaps"], verbs: ["patch"] };
    const rights = [...rightsForUp([resource]), ...rightsForDrop(), patch];
    const run = await stack.up({
      ...withoutWebhook,
      kubeconfig: await world.cluster.userKubeconfig("patcher", rights),
    });
    const output = run.messages.join("\n");
    expect(output).toMatch(/12 objects now name stable\.example\.com\/v2 in their ownerReferences/);
    expect(output).toMatch(/not searched for owners .*\*\.metrics\.k8s\.io/);
    expect(await served()).toEqual({ v2: true });
    expect((await live()).spec.conversion).toEqual({ strategy: "None" });
    const { ownerReferences } = (await world.cluster.client.get(`${configMaps}/child-of-two`)).metadata;
    expect(ownerReferences).toEqual([
      expect.objectContaining({ apiVersion: "v1", kind: "ConfigMap", name: "kept", uid: kept.uid }),
      expect.objectContaining(ownedAt("v2")),
    ]);
  });

  test("T9: with the owner deleted in the foreground its children go, except the one that has another owner, and then the owner", async () => {
    // The garbage collector asks for an object in the version in which it saw it first, as long as it runs: on a slow machine v1.
    // https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/controller/garbagecollector/graph_builder.go
    await world.cluster.stopControllerManager();
    world.cluster.startControllerManager();
    await world.cluster.client.delete(`${objectPath("v2", "old-0")}?propagationPolicy=Foreground`);
    const left = async (): Promise<string[]> =>
      (await world.cluster.client.get(configMaps)).items
        .map(({ metadata }: { metadata: { name: string } }) => metadata.name)
        .filter((name: string) => name.includes("child"));
    for (let waited = 0; (await left()).length > 1; waited++) {
      // The garbage collector backs off for minutes from what it could not do at first; a change has it look again.
      if (waited % 20 === 19) {
        const seen = { metadata: { labels: { waited: `${waited}` } } };
        const paths = [objectPath("v2", "old-0"), ...(await left()).map((name) => `${configMaps}/${name}`)];
        await Promise.all(paths.map((one) => world.cluster.client.mergePatch(one, seen).catch(() => undefined)));
      }
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    expect(await left()).toEqual(["child-of-two"]);
    const owner = (): Promise<{ status: number }> => world.cluster.client.send("GET", objectPath("v2", "old-0"));
    while ((await owner()).status !== 404) await new Promise((resolve) => setTimeout(resolve, 250));
  });
});

/** Another bundle that trusts the same authority, as an injector would write it. */
function twice(caBundle: string): string {
  return Buffer.from(`${caBundle}\n${caBundle}`).toString("base64");
}

/**
 * What preview and up say where the drop's own check refuses, from the real CLI: in a program that runs in this process the
 * engine's sudden end would be an unhandled rejection.
 */
async function refusedByCli(kubeconfig: string, conversion: { url: string; caBundle: string }): Promise<string[]> {
  const program = await CliProgram.create("others");
  const caBundleFile = path.join(path.dirname(kubeconfig), "webhook-ca.pem");
  fs.writeFileSync(caBundleFile, conversion.caBundle);
  const crd = { name: "crd", file: manifest("v2"), migrator: "direct", requestTimeoutSeconds: 3 };
  program.configure({
    cluster: { kubeconfig },
    crds: [{ ...crd, conversion: { url: conversion.url, caBundleFile } }],
  });
  const said = [await program.refused("preview"), await program.refused("up", "--yes", "--skip-preview")];
  program.end();
  return said;
}
