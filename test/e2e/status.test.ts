import { createHash } from "crypto";
import * as fs from "fs";
import * as path from "path";
import { rightsForStatus } from "../../components/kubernetes/rights/statusRights";
import type { PolicyRule } from "../../local/cluster/users";
import { makeAuthority, makeServerCertificate } from "../../local/certificates";
import { checkout } from "../../local/checkout";
import { startCluster, type Cluster } from "../../local/cluster/cluster";
import { readEtcd, writeEtcd } from "../../local/cluster/etcd";
import { chosenVersion } from "../../local/toolchain/controlPlane";
import { runCommand, type Ran } from "../unit/command/runCommand";
import { create, crdPath, install, projectCrd, upgrade, type ProjectCrd } from "./crdsOfProjects";
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
const gateways: ProjectCrd = { kind: "Gateway", group: "net.example.com", versions: "v1alpha1*", ...helm };
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
    crds: {
      name: string;
      verdict: string;
      findings: { what: string; items?: string[]; why?: string; next?: string }[];
    }[];
    encryption?: { servers: Record<string, string>; encrypted: string[] };
  }[];
}

describe("kubernetes-storage-migration status, over CRDs as projects leave them", () => {
  let cluster: Cluster;
  let kubeconfig: string;
  const hooks: Webhook[] = [];

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
      const hook = await startWebhook({
        ...(await makeServerCertificate(authority, "hook", undefined, ends)),
        convert: (object, apiVersion) => ({ ...object, apiVersion }),
      });
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

    await install(client, gateways, ...three);
    await install(client, machines);
    await create(client, machines, "v1alpha1", "old");
    await upgrade(client, machines, ...three);
    for (const name of ["new-1", "new-2"]) await create(client, machines, "v1", name);
    for (const crd of [issuers, keystores, ended, soon]) {
      await install(client, crd);
      await create(client, crd, "v1", "one");
    }
    await client.apply(crdPath("bundles.pki.example.com"), projectCrd(bundles), "helm");

    // v1 is gone from the CRD, and an object's managedFields still name it.
    await install(client, topics);
    await create(client, topics, "v1", "old");
    await upgrade(client, topics, "v1 v2*");
    await rewritten(topics, "v2", "old");
    await client.mergePatch(`${crdPath("topics.mq.example.com")}/status`, { status: { storedVersions: ["v2"] } });
    await upgrade(client, topics, "v2*");

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
    await upgrade(client, snapshots, "v1* v2");
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
  });
  afterAll(async () => {
    await Promise.all(hooks.map((hook) => hook.close()));
    await cluster.stop();
    fs.rmSync(path.dirname(cluster.dir), { recursive: true, force: true });
  });

  /** Writes it until it is stored in that version: API servers flip a moment after the CRD does. */
  async function rewritten({ group, kind }: ProjectCrd, version: string, name: string): Promise<void> {
    const plural = `${kind.toLowerCase()}s`;
    const stored = (): Promise<{ value: string }[]> => readEtcd(cluster.etcd, `/registry/${group}/${plural}/`);
    for (let tried = 0; !(await stored())[0]?.value.includes(`"${group}/${version}","kind"`); tried++) {
      if (tried === 100) throw new Error(`${plural}.${group} ${name} is not stored in ${version}`);
      const path = `/apis/${group}/${version}/namespaces/default/${plural}/${name}`;
      await cluster.client.send(
        "PATCH",
        path,
        { metadata: { annotations: { tried: `${tried}` } } },
        "application/merge-patch+json",
      );
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  const status = (...args: string[]): Promise<Ran> => runCommand("status", "--kubeconfig", kubeconfig, ...args);
  const json = async (...args: string[]): Promise<Shown> => JSON.parse((await status("--json", ...args)).out) as Shown;

  const verdicts = ({ clusters }: Shown): Record<string, string> =>
    Object.fromEntries((clusters[0]?.crds ?? []).map(({ name, verdict }) => [name, verdict]));
  const said = ({ clusters }: Shown, name: string): string =>
    (clusters[0]?.crds.find((crd) => crd.name === name)?.findings ?? [])
      .map(({ what, items = [], why, next }) => [what, ...items, why, next].join("; "))
      .join("\n");

  test("each is judged, with exactly the rights that docs/status.md lists", async () => {
    const ran = await status("--json");
    expect(ran.code).toBe(1);
    const shown = JSON.parse(ran.out) as Shown;
    expect(verdicts(shown)).toEqual({
      "backups.store.example.com": "ok",
      "brokens.store.example.com": "broken",
      "bundles.pki.example.com": "blocked",
      "expireds.pki.example.com": "blocked",
      "gateways.net.example.com": "migrate",
      "issuers.pki.example.com": "blocked",
      "keystores.pki.example.com": "blocked",
      "machines.infra.example.com": "migrate",
      "queues.mq.example.com": "ok",
      "snapshots.store.example.com": "migrate",
      "soons.pki.example.com": "ok",
      "topics.mq.example.com": "migrate",
      "volumes.store.example.com": "blocked",
    });
    expect(said(shown, "gateways.net.example.com")).toMatch(/\[v1alpha1, v1beta1, v1\].*there is no object to rewrite/);
    expect(said(shown, "machines.infra.example.com")).toMatch(/objects may be stored in v1alpha1, v1beta1/);
    expect(said(shown, "issuers.pki.example.com")).toMatch(/127\.0\.0\.1:1\b.*connection refused/);
    expect(said(shown, "keystores.pki.example.com")).toMatch(/service .*convert.* not found/);
    expect(said(shown, "expireds.pki.example.com")).toMatch(/certificate has expired.*ended on 2024-02-29/s);
    expect(said(shown, "soons.pki.example.com")).toMatch(/^the certificate of its conversion webhook ends on \d{4}-/);
    expect(said(shown, "bundles.pki.example.com")).toMatch(/caBundle holds no certificate.*InvalidCABundle/);
    expect(said(shown, "topics.mq.example.com")).toMatch(/does not have any more.*v1: 1 object/);
    expect(said(shown, "snapshots.store.example.com")).toMatch(/proof .* generation 1, and the CRD is at 2/);
    expect(said(shown, "volumes.store.example.com")).toMatch(/being deleted since/);
    expect(said(shown, "brokens.store.example.com")).toMatch(/cannot be listed.*store\.example\.com\/v0/);
    expect(shown.clusters[0]?.hidden).toEqual([]);
  });

  test("the same cluster gives the same bytes", async () => {
    for (const form of [[], ["--all", "--wide"], ["--markdown", "--all"]]) {
      expect((await status(...form)).out).toBe((await status(...form)).out);
    }
  });

  test("only those that are named, by name or pattern, also where they are ok; a name of none is exit code 2", async () => {
    const ran = await status("queues.mq.example.com", "backups.*");
    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(/: 2 CRDs: 2 ok\n\nNAME .*\nbackups\.store\.example\.com .* ok\nqueues\.mq.* 1 .* ok\n/);
    const none = await status("nothing.example.com");
    expect(none.code).toBe(2);
    expect(none.err).toMatch(/^no CRD is named nothing\.example\.com in context local/);
  });

  describe("--against the next release", () => {
    let folder: string;
    beforeAll(() => {
      folder = path.join(path.dirname(cluster.dir), "next");
      fs.mkdirSync(folder);
    });
    const dryRun = async (crd: ProjectCrd): Promise<{ refused: boolean; message: string }> => {
      const definition = projectCrd(crd);
      const body = { ...definition, metadata: { name: definition.metadata.name } };
      const query = "?fieldManager=helm&dryRun=All&force=true";
      const file = crdPath(definition.metadata.name) + query;
      const answer = await cluster.client.send("PATCH", file, body, "application/apply-patch+yaml");
      return { refused: answer.status !== 200, message: String(answer.body.message) };
    };

    test.each<[string, ProjectCrd, RegExp | undefined]>([
      [
        "a stored version that it drops",
        { ...machines, versions: "v1beta1 v1*" },
        /does not have v1alpha1, which status/,
      ],
      ["no object at all, and the same", { ...gateways, versions: "v1*" }, /does not have v1alpha1, v1beta1, which/],
      ["no storage version", { ...queues, versions: "v1 v2" }, /no version has storage: true/],
      ["the storage version is dropped", { ...queues, versions: "v2*" }, /does not have v1/],
      ["nothing that is stored", { ...queues, versions: "v1 v2*" }, undefined],
    ])("%s: what it says is what the API server says", async (_, next, expected) => {
      const file = path.join(folder, "crd.json");
      fs.writeFileSync(file, JSON.stringify(projectCrd(next)));
      const shown = await json("--against", folder);
      expect(shown.clusters[0]?.crds).toHaveLength(1);
      const name = projectCrd(next).metadata.name;
      const { refused } = await dryRun(next);
      expect(refused).toBe(expected !== undefined);
      if (expected === undefined) expect(verdicts(shown)).toEqual({ [name]: "ok" });
      else {
        expect(verdicts(shown)).toEqual({ [name]: "blocked" });
        expect(said(shown, name)).toMatch(expected);
      }
    });
  });

  describe("with less", () => {
    const all = rightsForStatus();
    const without = (verbs: (rule: PolicyRule) => boolean, name: string): Promise<string> =>
      cluster.userKubeconfig(
        name,
        all.filter((rule) => !verbs(rule)),
      );

    test("without objects and without metrics it judges what it sees, and says what it does not", async () => {
      const less = await without(
        (rule) => rule.apiGroups?.includes("*") === true || rule.nonResourceURLs !== undefined,
        "less",
      );
      const { code, out } = await runCommand("status", "--kubeconfig", less);
      expect(code).toBe(1);
      expect(out).toMatch(/^gateways\.net\.example\.com +v1 +v1alpha1,v1beta1,v1 .* \? +None +migrate$/m);
      expect(out).toMatch(/^not seen: objects of .* and \d+ more: not allowed to list them \(403\)/m);
      expect(out).toMatch(/^not seen: encryption, .*: not allowed to get \/metrics \(403\)$/m);
    });

    test("without get, webhooks are not asked", async () => {
      const list = all.map((rule) =>
        rule.verbs.includes("get") && rule.apiGroups ? { ...rule, verbs: ["list"] } : rule,
      );
      const less = await cluster.userKubeconfig("lists", list);
      const { out } = await runCommand("status", "--kubeconfig", less, "issuers.pki.example.com");
      expect(out).toMatch(/webhook \? +ok$/m);
      expect(out).toMatch(/^not seen: the conversion webhook of issuers.*not allowed to get an object/m);
    });

    test("without the list of CRDs it is exit code 2, with the rule to grant", async () => {
      const less = await without(
        (rule) => rule.apiGroups?.includes("apiextensions.k8s.io") === true || rule.apiGroups?.includes("*") === true,
        "none",
      );
      const { code, out, err } = await runCommand("status", "--kubeconfig", less);
      expect([code, out]).toEqual([2, ""]);
      expect(err).toMatch(/list customresourcedefinitions/);
      expect(err).toMatch(/grant this user the rule/);
    });
  });

  test("--all-contexts: one that cannot be reached is said, the others are shown, exit code 2", async () => {
    const config = JSON.parse(fs.readFileSync(kubeconfig, "utf8")) as Record<"clusters" | "contexts", object[]>;
    config.clusters.push({ name: "gone", cluster: { server: "https://127.0.0.1:1" } });
    config.contexts.push({ name: "gone", context: { cluster: "gone", user: "status" } });
    const file = path.join(path.dirname(cluster.dir), "two.kubeconfig");
    fs.writeFileSync(file, JSON.stringify(config));
    const { code, out } = await runCommand("status", "--kubeconfig", file, "--all-contexts");
    expect(code).toBe(2);
    expect(out).toMatch(/^context gone: could not be looked at\n {2}cluster unreachable: https:\/\/127\.0\.0\.1:1 /m);
    expect(out).toMatch(/^context local, .*: 13 CRDs: /m);
    expect(out).toContain("kubernetes-storage-migration migrate gateways.net.example.com --context local");
  });

  test("nothing is written: every CRD and object has the resourceVersion that it had", async () => {
    const versions = async (): Promise<string[]> => {
      const { items } = await cluster.client.get(crdPath());
      // The API server itself writes down how far it is with one that is being deleted.
      const kept = items.filter(({ metadata }: { metadata: object }) => !("deletionTimestamp" in metadata));
      return kept.map(
        ({ metadata }: { metadata: Record<string, string> }) => `${metadata["name"]} ${metadata["resourceVersion"]}`,
      );
    };
    const before = await versions();
    await status("--all");
    expect(await versions()).toEqual(before);
  });

  test("docs/status.md and the README show what it prints", async () => {
    const { out } = await status(
      "gateways.net.example.com",
      "machines.infra.example.com",
      "issuers.pki.example.com",
      "backups.store.example.com",
    );
    const printed = out
      .replace(cluster.server, "https://10.0.0.1:6443")
      .replace(/API server \(\S+\)/, "API server (cp-1)")
      .replace("context local", "context prod");
    const block = (page: string): string =>
      /```text\n(context prod[^]*?)```/.exec(fs.readFileSync(checkout(page), "utf8"))?.[1] ?? "none";
    expect(block("docs/status.md")).toBe(printed);
    for (const line of block("README.md").trimEnd().split("\n")) expect(printed).toContain(`${line}\n`);
  });
});

test("status shows what is encrypted at rest, and by which configuration", async () => {
  const key = Buffer.alloc(32, 7).toString("base64");
  const text = `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets]
    providers:
      - secretbox: { keys: [{ name: "2026-11", secret: "${key}" }] }
      - identity: {}
`;
  const cluster = await startCluster({
    dir: checkout(".local", "test", `status-encrypted-${process.pid}`, "cluster"),
    version: chosenVersion([]),
    syncToDisk: false,
    encryption: { text },
  });
  try {
    const kubeconfig = await cluster.userKubeconfig("status", rightsForStatus());
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "one" }, stringData: { a: "b" } };
    await cluster.client.post("/api/v1/namespaces/default/secrets", secret);
    const { out } = await runCommand("status", "--kubeconfig", kubeconfig, "--json");
    expect(out).not.toContain(key);
    const { encryption } = (JSON.parse(out) as Shown).clusters[0] ?? {};
    // Servers name their configuration since 1.34, and count by resource since 1.32.
    const tells = cluster.version !== "1.30";
    const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
    expect(Object.values(encryption?.servers ?? {})).toEqual([tells ? `sha256:${hash}` : "unknown"]);
    expect(encryption?.encrypted).toEqual(tells ? ["secrets"] : []);
  } finally {
    await cluster.stop();
    fs.rmSync(path.dirname(cluster.dir), { recursive: true, force: true });
  }
});
