import * as fs from "fs";
import * as path from "path";
import * as pulumi from "@pulumi/pulumi";
import * as kubernetes from "@pulumi/kubernetes";
import { VersionedCRD, type VersionedCRDArgs } from "../../components";
import { REQUEST_TIMEOUT_SECONDS } from "../../local/toolchain/kubernetesPlugin";
import { createGadget, crdName, definitionOf, definitionPath, fileOf, group, identities } from "./gadgets";
import { startWorld, type World } from "./harness";
import { ProgramStack } from "./programs";

jest.setTimeout(300_000);

/** Everything here has one CRD with one object, made by something else, and asks that both are the same afterwards. */
let world: World;
let dir: string;
const plurals = ["alphas", "betas", "gammas", "deltas", "epsilons", "zetas", "etas", "thetas", "iotas"];
/** Below components of the second generation, which name their children by a rule of their own. */
const named = ["kappas", "lambdas", "mus"];
const kustomized = "nus";
const foreign = ["clients", "charts", "servers", "fluxes", "argos", "releases"];

beforeAll(async () => {
  world = await startWorld(
    [...plurals, ...named, kustomized, ...foreign].map((plural) => ({ group, plural })),
    { requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS },
  );
  dir = path.dirname(world.kubeconfig);
});
afterAll(() => world.end());

const given = (plural: string, more: VersionedCRDArgs = {}): VersionedCRDArgs => ({
  file: fileOf(dir, plural),
  kubeconfig: world.kubeconfig,
  requestTimeoutSeconds: 2,
  migrator: "direct",
  ...more,
});
const managers = async (plural: string): Promise<string[]> => {
  const { metadata } = await world.cluster.client.get(definitionPath(plural));
  const entries = metadata.managedFields as { manager: string; subresource?: string }[];
  return [...new Set(entries.filter(({ subresource }) => subresource === undefined).map(({ manager }) => manager))];
};

function chartOf(plural: string): string {
  const folder = path.join(dir, `chart-${plural}`);
  fs.mkdirSync(path.join(folder, "templates"), { recursive: true });
  fs.writeFileSync(path.join(folder, "Chart.yaml"), "apiVersion: v2\nname: chart\nversion: 0.1.0\n");
  fs.copyFileSync(fileOf(dir, plural), path.join(folder, "templates", "crd.yaml"));
  return folder;
}

class Platform extends pulumi.ComponentResource {
  constructor(name: string) {
    super("test:index:Platform", name);
  }
}

describe("Pulumi's official resource", () => {
  let stack: ProgramStack;
  const places = [...plurals, ...named, kustomized].filter((plural) => plural !== "zetas");
  const official = (name: string, plural: string, opts?: pulumi.CustomResourceOptions) =>
    new kubernetes.apiextensions.v1.CustomResourceDefinition(name, definitionOf(plural), opts);

  const kustomizationOf = (plural: string): string => {
    const folder = path.join(dir, `kustomization-${plural}`);
    fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, "kustomization.yaml"), "resources: [crd.json]\n");
    fs.copyFileSync(fileOf(dir, plural), path.join(folder, "crd.json"));
    return folder;
  };

  beforeAll(async () => {
    stack = await ProgramStack.create(dir, "official", world.cluster.kubeconfig);
  });

  test("T1: swapped for VersionedCRDs, wherever it was, it is one update in place each: same uid, same objects", async () => {
    await stack.up(() => {
      official("alpha", "alphas");
      official(crdName("betas"), "betas");
      official("gamma", "gammas", { parent: new Platform("platform") });
      new kubernetes.yaml.ConfigFile("file", { file: fileOf(dir, "deltas") });
      const provider = new kubernetes.Provider("own", { kubeconfig: world.cluster.kubeconfig });
      official("epsilon", "epsilons", { provider });
      new kubernetes.yaml.ConfigGroup("texts", { yaml: fs.readFileSync(fileOf(dir, "etas"), "utf8") });
      new kubernetes.yaml.ConfigGroup("files", { files: fileOf(dir, "thetas") });
      new kubernetes.helm.v3.Chart("chart", { path: chartOf("iotas") });
      new kubernetes.kustomize.Directory("directory", { directory: kustomizationOf(kustomized) });
      new kubernetes.yaml.v2.ConfigGroup("group2", { yaml: fs.readFileSync(fileOf(dir, "kappas"), "utf8") });
      new kubernetes.helm.v4.Chart("chart4", { chart: chartOf("lambdas") });
      new kubernetes.kustomize.v2.Directory("directory2", { directory: kustomizationOf("mus") });
    });
    for (const plural of places) await createGadget(world.cluster.client, plural);
    const before = await Promise.all(places.map((plural) => identities(world.cluster.client, plural)));
    const urns = await stack.urns();
    const adoptFrom = (plural: string): string =>
      Object.values(urns).find((urn) => urn.endsWith(crdName(plural))) ?? "";
    const chains = { deltas: "ConfigFile", etas: "ConfigGroup", thetas: "ConfigGroup$kubernetes:yaml:ConfigFile" };
    for (const [plural, chain] of Object.entries({ ...chains, iotas: "Chart", [kustomized]: "Directory" })) {
      expect(urns[crdName(plural)]).toContain(`:${chain}$kubernetes:apiextensions`);
    }
    const program = () => {
      new VersionedCRD("alpha", given("alphas"));
      new VersionedCRD("beta", given("betas"));
      new VersionedCRD("gamma", given("gammas"), { parent: new Platform("platform") });
      new VersionedCRD("delta", given("deltas"));
      new VersionedCRD("epsilon", given("epsilons"));
      new VersionedCRD("eta", given("etas"));
      new VersionedCRD("theta", given("thetas"));
      new VersionedCRD("iota", given("iotas"));
      for (const plural of named) {
        new VersionedCRD(plural.slice(0, -1), given(plural, { adoptFrom: adoptFrom(plural) }));
      }
      new VersionedCRD("nu", given(kustomized));
    };
    const serves = places.map((plural) => `${plural.slice(0, -1)}-serve`);
    const updates = Object.fromEntries(serves.map((name) => [name, "update"]));

    const preview = await stack.preview(program);
    expect(preview.operations).toMatchObject(updates);
    expect(preview.messages.join("\n")).toMatch(
      /pulumi-kubernetes.*official resource\) → kubernetes-storage-migration/,
    );
    const run = await stack.up(program);
    expect(run.operations).toMatchObject(updates);
    const deleted = Object.entries(run.operations).filter(([, operation]) => /delete|replace/.test(operation));
    // The groups themselves, of which nothing is left, and no CRD.
    const groups = [
      ...["chart", "chart4", "directory", "directory2", "group2"],
      ...["file", "files", expect.stringMatching(/thetas\.json$/), "texts"],
    ];
    expect(deleted.map(([name]) => name).sort()).toEqual(expect.arrayContaining(groups));
    expect(deleted.filter(([name]) => places.some((plural) => name === crdName(plural)))).toEqual([]);

    expect(await Promise.all(places.map((plural) => identities(world.cluster.client, plural)))).toEqual(before);
    expect(await managers("alphas")).toEqual(["kubernetes-storage-migration"]);
    expect(Object.values(await stack.urns()).filter((urn) => urn.includes("kubernetes:apiextensions"))).toEqual([]);
    const again = await stack.preview(program);
    expect(new Set(Object.values(again.operations))).toEqual(new Set(["same"]));
  });

  test("T2: with no alias, preview fails before a delete is planned; the steps that it names work", async () => {
    const other = await ProgramStack.create(dir, "refused", world.cluster.kubeconfig);
    await other.up(() => void official("somewhere-else", "zetas"));
    await createGadget(world.cluster.client, "zetas");
    const before = await identities(world.cluster.client, "zetas");
    const program = () => void new VersionedCRD("zeta", given("zetas"));
    const message = await other.refused(other.preview(program));
    expect(message).toMatch(/Pulumi deletes the CRD and every object of it.*adoptFrom.*pulumi state delete/s);
    expect(message).not.toMatch(/^ *- .*somewhere-else/m);

    await other.pulumi("state", "delete", (await other.urns())["somewhere-else"] ?? "", "--yes");
    const [, command = ""] = /kubectl annotate crd (\S+ \S+)/.exec(message) ?? [];
    const [name, owner] = command.split(/[ =]/).filter((word) => !word.includes("/owner")) as [string, string];
    expect(name).toBe(crdName("zetas"));
    const annotations = { "kubernetes-storage-migration/owner": owner };
    await world.cluster.client.mergePatch(definitionPath("zetas"), { metadata: { annotations } });
    await other.up(program);
    expect(await identities(world.cluster.client, "zetas")).toEqual(before);
    expect(await managers("zetas")).not.toContainEqual(expect.stringMatching(/^pulumi-kubernetes/));
  });
});

describe("other appliers", () => {
  /** A CRD each, made as that tool makes it. */
  const tools: Record<string, (client: World["cluster"]["client"]) => Promise<unknown>> = {
    clients: (client) => {
      const annotations = {
        "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify(definitionOf("clients")),
      };
      return create(client, "clients", "kubectl-client-side-apply", { annotations });
    },
    charts: (client) => {
      const annotations = { "meta.helm.sh/release-name": "gadgets", "meta.helm.sh/release-namespace": "default" };
      return create(client, "charts", "helm", { annotations, labels: { "app.kubernetes.io/managed-by": "Helm" } });
    },
    servers: (client) => client.apply(definitionPath("servers"), definitionOf("servers"), "kubectl"),
    fluxes: (client) => {
      const labels = { "kustomize.toolkit.fluxcd.io/name": "platform" };
      return client.apply(definitionPath("fluxes"), definitionOf("fluxes", { labels }), "kustomize-controller");
    },
    argos: (client) => {
      const definition = definitionOf("argos");
      const annotations = { "argocd.argoproj.io/tracking-id": "platform:apiextensions.k8s.io/x:default/argos" };
      const metadata = { ...definition.metadata, annotations };
      return client.apply(definitionPath("argos"), { ...definition, metadata }, "argocd-controller");
    },
    // Helm itself, in the plugin: the CRD is in no Pulumi state.
    releases: async () => {
      const other = await ProgramStack.create(dir, "release", world.cluster.kubeconfig);
      return other.up(() => void new kubernetes.helm.v3.Release("real", { name: "real", chart: chartOf("releases") }));
    },
  };
  const create = (client: World["cluster"]["client"], plural: string, manager: string, metadata: object) => {
    const definition = definitionOf(plural);
    const collection = path.dirname(definitionPath(plural));
    const body = { ...definition, metadata: { ...definition.metadata, ...metadata } };
    return client.post(`${collection}?fieldManager=${manager}`, body);
  };
  const by: Record<string, string> = {
    clients: "kubectl-client-side-apply",
    charts: "helm",
    servers: "kubectl",
    fluxes: "kustomize-controller",
    argos: "argocd-controller",
    releases: "pulumi-resource-kubernetes",
  };
  const names = Object.keys(by);
  let stack: ProgramStack;
  let before: unknown[];
  const all = () => Promise.all(names.map((plural) => identities(world.cluster.client, plural)));
  const program = (more: (plural: string) => VersionedCRDArgs) => (): void => {
    for (const plural of names) new VersionedCRD(plural, given(plural, more(plural)));
  };
  const toV2 = (plural: string): VersionedCRDArgs => ({ file: fileOf(dir, plural, { v2: true }) });

  test("T1: preview names the field manager in the way, the tool, and takeOverFrom; whoever would delete is named", async () => {
    stack = await ProgramStack.create(dir, "tools", world.cluster.kubeconfig);
    for (const plural of names) {
      await tools[plural]?.(world.cluster.client);
      await createGadget(world.cluster.client, plural);
    }
    before = await all();
    for (const plural of names) {
      // One at a time: the engine ends at the first that is refused.
      const message = await stack.refused(
        stack.preview(() => void new VersionedCRD(plural, given(plural, toV2(plural)))),
      );
      const found = `${crdName(plural)}: spec.versions is owned by ${by[plural]} `;
      expect(message).toMatch(new RegExp(`${found}.*\\n +expected: .*\\n +next: .*takeOverFrom: \\["${by[plural]}"`));
    }
    const taken = await stack.preview(program((plural) => ({ ...toV2(plural), takeOverFrom: [by[plural] ?? ""] })));
    const said = taken.messages.join("\n");
    expect(said).toMatch(/Helm release gadgets deletes this CRD.*helm\.sh\/resource-policy=keep/);
    expect(said).toMatch(/Helm release real deletes this CRD.*helm\.sh\/resource-policy=keep/);
    expect(said).toMatch(/Flux's Kustomization platform.*prune=disabled/);
    expect(said).toMatch(/Argo CD's application platform.*Prune=false/);
  });

  test("T2: taken over and moved to v2: same uid, same objects, one writer", async () => {
    await stack.up(program((plural) => ({ ...toV2(plural), takeOverFrom: [by[plural] ?? ""] })));
    expect(await all()).toEqual(before);
    for (const plural of names) {
      expect(await managers(plural)).toEqual(["kubernetes-storage-migration"]);
      const live = await world.cluster.client.get(definitionPath(plural));
      expect(live.status.storedVersions).toEqual(["v2"]);
    }
    const again = await stack.preview(program(toV2));
    expect(new Set(Object.values(again.operations))).toEqual(new Set(["same"]));
  });

  test("T3: the other tool comes back: said at preview, with when", async () => {
    const path = `${definitionPath("clients")}?fieldManager=kubectl-client-side-apply`;
    await world.cluster.client.mergePatch(path, { spec: { names: { listKind: "ClientListing" } } });
    const message = await stack.refused(stack.preview(program(toV2)));
    expect(message).toMatch(
      /spec\.names\.listKind is owned by kubectl-client-side-apply \(kubectl apply\) and written at 20/,
    );
    expect(await all()).toEqual(before);
  });
});
