import * as fs from "fs";
import * as path from "path";
import { rightsForStatus } from "../../components/kubernetes/rights";
import { makeAuthority, makeServerCertificate } from "../../local/certificates";
import { checkout } from "../../local/checkout";
import { startCluster, type Cluster } from "../../local/cluster/cluster";
import { writeEtcd } from "../../local/cluster/etcd";
import { chosenVersion } from "../../local/toolchain/controlPlane";
import { runCommand, type Ran } from "../unit/command/runCommand";
import { awaitEstablished, create, crdPath, install, projectCrd, type ProjectCrd } from "./crdsOfProjects";
import { startWebhook, type Webhook } from "./looseWebhook";

jest.setTimeout(300_000);

const webhook = (clientConfig: object): NonNullable<ProjectCrd["conversion"]> => ({
  strategy: "Webhook",
  webhook: { clientConfig, conversionReviewVersions: ["v1"] },
});
const base64 = (text: string): string => Buffer.from(text).toString("base64");

const helm = {
  labels: { "app.kubernetes.io/managed-by": "Helm" },
  annotations: { "meta.helm.sh/release-name": "mesh", "meta.helm.sh/release-namespace": "mesh-system" },
};
const argo = {
  annotations: { "argocd.argoproj.io/tracking-id": "fleet:apiextensions.k8s.io/CustomResourceDefinition:/x" },
};

/** Three generations, and nobody pruned. */
const meshes: ProjectCrd = { kind: "Mesh", group: "net.example.com", versions: "v1alpha1*", ...helm };
const machines: ProjectCrd = { kind: "Machine", group: "infra.example.com", versions: "v1alpha1*", ...argo };
const three = ["v1alpha1 v1beta1*", "v1alpha1! v1beta1 v1*"];
/** Port 1 of the loopback: nothing listens there. */
const issuers: ProjectCrd = {
  kind: "Issuer",
  group: "pki.example.com",
  versions: "v1* v2",
  conversion: webhook({ url: "https://127.0.0.1:1/convert" }),
};
const keystores: ProjectCrd = {
  kind: "Keystore",
  group: "pki.example.com",
  versions: "v1* v2",
  conversion: webhook({ service: { namespace: "platform", name: "convert", path: "/convert", port: 443 } }),
};
const bundles: ProjectCrd = {
  kind: "Bundle",
  group: "pki.example.com",
  versions: "v1* v2",
  conversion: webhook({ url: "https://127.0.0.1:1/convert", caBundle: base64("\n") }),
};
const queues: ProjectCrd = { kind: "Queue", group: "mq.example.com", versions: "v1*" };
const topics: ProjectCrd = { kind: "Topic", group: "mq.example.com", versions: "v1*" };
const backups: ProjectCrd = { kind: "Backup", group: "store.example.com", versions: "v1*" };
const snapshots: ProjectCrd = { kind: "Snapshot", group: "store.example.com", versions: "v1*" };
const volumes: ProjectCrd = { kind: "Volume", group: "store.example.com", versions: "v1*" };

interface Shown {
  clusters: {
    context: string;
    error?: string;
    hidden: string[];
    crds: { name: string; verdict: string; findings: { what: string; why?: string; next?: string }[] }[];
    encryption?: { servers: Record<string, string>; encrypted: string[] };
  }[];
}

describe("kubernetes-storage-migration status, over CRDs as projects leave them", () => {
  let cluster: Cluster;
  let kubeconfig: string;
  let hooks: Webhook[] = [];

  beforeAll(async () => {
    cluster = await startCluster({
      dir: checkout(".local", "test", `status-${process.pid}`, "cluster"),
      version: chosenVersion([]),
      syncToDisk: false,
    });
    kubeconfig = await cluster.userKubeconfig("status", rightsForStatus());
    const { client } = cluster;
    const authority = await makeAuthority("status");
    const serve = async (ends?: Date): Promise<string> => {
      const hook = await startWebhook(await makeServerCertificate(authority, "hook", undefined, ends));
      hooks.push(hook);
      return hook.url;
    };
    const caBundle = base64(authority.cert);
    const ended: ProjectCrd = {
      kind: "Expired",
      group: "pki.example.com",
      versions: "v1* v2",
      conversion: webhook({ url: await serve(new Date("2024-02-29T12:00:00Z")), caBundle }),
    };
    const soon: ProjectCrd = {
      kind: "Soon",
      group: "pki.example.com",
      versions: "v1* v2",
      conversion: webhook({ url: await serve(new Date(Date.now() + 7 * 24 * 3600 * 1000)), caBundle }),
    };

    await install(client, meshes, ...three);
    await install(client, machines, three[0] ?? "");
    await create(client, machines, "v1alpha1", "old");
    await install(client, machines, ...three);
    for (const crd of [issuers, keystores, ended, soon]) {
      await install(client, crd);
      await create(client, crd, "v1", "one");
    }
    await client.apply(crdPath("bundles.pki.example.com"), projectCrd(bundles), "helm");

    // v1 is gone from the CRD, and an object's managedFields still name it.
    await install(client, topics);
    await create(client, topics, "v1", "old");
    await install(client, topics, "v1 v2*");
    await client.mergePatch(`${crdPath("topics.mq.example.com")}/status`, { status: { storedVersions: ["v2"] } });
    await install(client, { ...topics, versions: "v2*" });

    await install(client, queues);
    await create(client, queues, "v1", "one");

    await install(client, volumes);
    await create(client, volumes, "v1", "held", { finalizers: ["store.example.com/held"] });
    await client.delete(crdPath("volumes.store.example.com"));

    for (const crd of [backups, snapshots]) {
      await install(client, crd);
      const name = `${crd.kind.toLowerCase()}s.${crd.group}`;
      const { metadata } = await client.get(crdPath(name));
      const proof = {
        uid: metadata.uid,
        generation: metadata.generation,
        storageVersion: "v1",
        resourceVersion: metadata.resourceVersion,
        objects: 0,
        servers: [],
        missing: [],
      };
      const annotations = { "kubernetes-storage-migration/proof": JSON.stringify(proof) };
      await client.mergePatch(crdPath(name), { metadata: { annotations } });
    }
    await install(client, { ...snapshots, versions: "v1* v2" });
    await install(client, { ...backups, kind: "Broken" });
    // Before anybody has listed them: the API server's cache cannot be filled.
    await writeEtcd(cluster.etcd, {
      key: "/registry/store.example.com/brokens/default/bad",
      value: JSON.stringify({
        apiVersion: "store.example.com/v0",
        kind: "Broken",
        metadata: { name: "bad", namespace: "default", uid: "1" },
      }),
    });
    await awaitEstablished(client, "topics.mq.example.com");
  });
  afterAll(async () => {
    await Promise.all(hooks.map((hook) => hook.close()));
    await cluster.stop();
    fs.rmSync(path.dirname(cluster.dir), { recursive: true, force: true });
  });

  const status = (...args: string[]): Promise<Ran> => runCommand("status", "--kubeconfig", kubeconfig, ...args);
  const json = async (...args: string[]): Promise<Shown> => JSON.parse((await status("--json", ...args)).out) as Shown;

  test("T1 look", async () => {
    const began = Date.now();
    const ran = await status("--all", "--wide");
    console.log(ran.code, Date.now() - began, ran.out, ran.err);
    console.log((await status("--json")).out);
    console.log((await status()).out);
    console.log((await status("--markdown")).out);
    void json;
  });
});
