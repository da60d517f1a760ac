import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { makeAuthority, makeServerCertificate } from "../../local/certificates";
import { checkout } from "../../local/checkout";
import type { Cluster } from "../../local/cluster/cluster";
import { startTestCluster } from "../../local/cluster/forTests";
import { chosenVersion } from "../../local/toolchain/controlPlane";
import { countVersions, createNew, createOld, crdPath, list, read, stored } from "../../local/tutorial/selfieRequests";
import { convert, startWebhook, type Webhook } from "./looseWebhook";

// The tutorial by hand, without the library: what the control plane and the examples do by themselves.
jest.setTimeout(240_000);

let cluster: Cluster;
let webhook: Webhook;
let ca: string;
const converted: string[] = [];
beforeAll(async () => {
  const authority = await makeAuthority("webhook");
  ca = authority.cert;
  webhook = await startWebhook({
    ...(await makeServerCertificate(authority, "webhook")),
    convert: (object, desired) => {
      converted.push(`${object.apiVersion} to ${desired}`);
      return convert(object, desired);
    },
  });
  cluster = await startTestCluster("local-migration");
});
afterAll(async () => {
  await cluster?.stop();
  await webhook?.close();
});

interface Manifest {
  spec: Record<string, unknown>;
}

async function apply(file: string, conversion?: object): Promise<void> {
  const manifest = parse(readFileSync(checkout("examples", file), "utf8")) as Manifest;
  if (conversion) manifest.spec["conversion"] = conversion;
  const path = crdPath.replace(
    "selfierequests.stable.example.com",
    (manifest as unknown as { metadata: { name: string } }).metadata.name,
  );
  await cluster.client.apply(path, manifest, "test");
  await until(async () => {
    const { status } = (await cluster.client.get(path)) as {
      status?: { conditions?: { type: string; status: string }[] };
    };
    return status?.conditions?.some(({ type, status }) => type === "Established" && status === "True") ?? false;
  });
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 200_000;
  while (!(await holds().catch(() => false))) {
    if (Date.now() > deadline) throw new Error("not in time");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

test("selfierequests: v1 objects, v2 in storage, the cluster's own migration => etcd holds v2 only, converted by the webhook", async () => {
  await apply("selfierequests/v1.yaml");
  await until(() => list(cluster.client, "v1").then(() => true));
  await createOld(cluster.client, 10);
  expect(countVersions(await stored(cluster.etcd))).toEqual({ "stable.example.com/v1": 10 });

  const clientConfig = { url: webhook.url, caBundle: Buffer.from(ca).toString("base64") };
  await apply("selfierequests/v1-v2.yaml", {
    strategy: "Webhook",
    webhook: { clientConfig, conversionReviewVersions: ["v1"] },
  });
  await until(() =>
    read(cluster.client, "v2", "old-0").then(({ host, port }) => host === "host-0.example.com" && port === "8000"),
  );
  // 3 s for requests in flight. 1.30 fails a migration at once while its garbage collector, which looks around every 30 s, has not seen v2.
  await new Promise((resolve) => setTimeout(resolve, chosenVersion([]) === "1.30" ? 40_000 : 3000));

  const group = "/apis/storagemigration.k8s.io";
  const [served] = ((await cluster.client.get(group)) as { versions: { version: string }[] }).versions;
  const path = `${group}/${served!.version}/storageversionmigrations`;
  const resource = {
    group: "stable.example.com",
    resource: "selfierequests",
    ...(served!.version === "v1alpha1" && { version: "v2" }),
  };
  await cluster.client.post(path, {
    apiVersion: `storagemigration.k8s.io/${served!.version}`,
    kind: "StorageVersionMigration",
    metadata: { name: "selfies" },
    spec: { resource },
  });
  let pokes = 0;
  await until(async () => {
    const { status } = (await cluster.client.get(`${path}/selfies`)) as {
      status?: { conditions?: { type: string; status: string }[]; resourceVersion?: string };
    };
    // On an idle resource the migrator waits a minute or more for an event that tells it its watch has caught up.
    if (status?.resourceVersion) await createNew(cluster.client, `poke-${pokes++}`);
    return status?.conditions?.some(({ type, status }) => type === "Succeeded" && status === "True") ?? false;
  });
  expect(countVersions(await stored(cluster.etcd))).toEqual({ "stable.example.com/v2": 10 + pokes });
  expect(converted).toContain("stable.example.com/v1 to stable.example.com/v2");
});

test("databases: v2 is a superset => readable at v2 with conversion None, nothing lost", async () => {
  await apply("databases/v1.yaml");
  const collection = (version: string): string => `/apis/example.com/${version}/namespaces/default/databases`;
  await until(() => cluster.client.get(collection("v1")).then(() => true));
  const spec = { databaseName: "orders", username: "app" };
  await cluster.client.post(collection("v1"), {
    apiVersion: "example.com/v1",
    kind: "Database",
    metadata: { name: "orders" },
    spec,
  });
  await apply("databases/v1-v2.yaml");
  await until(() => cluster.client.get(collection("v2")).then(() => true));
  expect(await cluster.client.get(`${collection("v2")}/orders`)).toMatchObject({ apiVersion: "example.com/v2", spec });
});
