import { relative } from "node:path";
import { loadConversion } from "../../components/conversionWebhook/loadConversion";
import { checkLaws } from "../../components/conversionTesting/checkLaws";
import { checkout } from "../checkout";
import type { Cluster } from "../cluster/cluster";
import { say } from "../say";
import { equal, type Claims } from "./claims";
import { holdsHostAndPort, identities, inOrder, quote, sorted, succeeded, migrationOutcome } from "./evidence";
import {
  applyOne,
  countVersions,
  createNew,
  createOld,
  crdPath,
  list,
  read,
  stored,
  type SelfieObject,
} from "./selfieRequests";
import { rotateKeys } from "./rotateKeys";
import type { CrdConfig, Stack } from "./stack";
import { startWebhookProcess, stopWebhookProcess } from "./webhook";

export interface Tutorial {
  cluster: Cluster;
  stack: Stack;
  claims: Claims;
  requestTimeoutSeconds: number;
  compactionSeconds: number;
  caBundleFile: string;
}

interface Crd {
  metadata: { generation: number; annotations?: Record<string, string> };
  spec: { versions: { name: string; served: boolean; storage: boolean }[] };
  status: { storedVersions: string[] };
}

interface Output {
  phase: string;
  storageVersion: string;
  storedVersions: string[];
  objectsRewritten: number;
  proof: unknown;
}

const group = "stable.example.com";
const objects = 40;
const proofAnnotation = "kubernetes-storage-migration/proof";

/** The Kubernetes tutorial "Migrate Kubernetes Objects Using Storage Version Migration", carried through for real. Stops early where going on would show nothing. */
export async function runSteps(tutorial: Tutorial): Promise<void> {
  const old = await installVersion1(tutorial);
  if (!old) return;
  const config = await previewVersion2(tutorial);
  if (!(await migrate(tutorial, config))) return;
  await readEvidence(tutorial, old);
  await dropVersion1(tutorial);
  await rotateKeys(tutorial, crds(tutorial, "v2.yaml"));
}

async function installVersion1(tutorial: Tutorial): Promise<SelfieObject[] | undefined> {
  const { claims, stack, cluster } = tutorial;
  say("1. selfierequests at v1: the CRD is installed, objects are created");
  const config = stack.configure("1-v1", crds(tutorial, "v1.yaml"));
  if (
    !(await claims.check("pulumi up installs the CRD", async () =>
      succeeded(await stack.pulumi("up", config, quote())),
    ))
  )
    return undefined;
  await claims.check("it serves v1 only", async () => equal(await versions(cluster), ["v1"]));
  const created = await createOld(cluster.client, objects);
  await claims.check(`${objects} objects are created through v1, and etcd holds them as v1`, async () =>
    equal(countVersions(await stored(cluster.etcd)), { [`${group}/v1`]: objects }),
  );
  return created;
}

async function previewVersion2(tutorial: Tutorial): Promise<string> {
  const { claims, stack, cluster, caBundleFile } = tutorial;
  say("2. the manifest gets v2, in storage, and the stack's configuration a conversion webhook: what would happen?");
  const source = checkout("examples", "selfierequests", "conversion.ts");
  await claims.check("the conversion, examples/selfierequests/conversion.ts, keeps its laws", () => {
    const broken = checkLaws(loadConversion(source), { seed: 1 });
    if (broken[0] !== undefined) throw new Error(broken[0].message);
  });
  const { url } = await startWebhookProcess(cluster, caBundleFile, source);
  const conversion = { url, caBundleFile: relative(checkout(), caBundleFile) };
  const config = stack.configure("2-v1-v2", crds(tutorial, "v1-v2.yaml", { conversion, stopAfter: "migrate" }));
  const before = await live(cluster);
  let plan = "";
  await claims.check("pulumi preview shows the plan", async () => {
    const preview = await stack.pulumi("preview", config, quote());
    succeeded(preview);
    plan = preview.output;
  });
  await claims.check("the plan has its phases in the safe order: serve, rehearse, store, migrate", () =>
    inOrder(plan, ["serve", "rehearse", "store", "migrate"]),
  );
  await claims.check("preview has changed nothing", async () => equal(await live(cluster), before));
  return config;
}

async function migrate({ claims, stack, cluster }: Tutorial, config: string): Promise<boolean> {
  say("3. pulumi up, held at migrate: serve, rehearse, store, migrate");
  let shown = "";
  const wentThrough = await claims.check("pulumi up goes through", async () => {
    const run = await stack.pulumi("up", config, quote());
    succeeded(run);
    shown = run.output;
  });
  if (!wentThrough) return false;
  await claims.check("v2 is the storage version, v1 is still served", async () => {
    const found = (await live(cluster)).spec.versions.map(
      ({ name, served, storage }) => `${name}: served ${served}, storage ${storage}`,
    );
    equal(found.sort(), ["v1: served true, storage false", "v2: served true, storage true"]);
  });
  await claims.check("the cluster's own migrator was given a StorageVersionMigration", () =>
    migrationOutcome(cluster, shown),
  );
  await claims.check("the stack's outputs say so", async () => {
    const { phase, storageVersion, storedVersions } = await output(stack);
    equal(
      { phase, storageVersion, storedVersions },
      { phase: "migrate", storageVersion: "v2", storedVersions: ["v2"] },
    );
    return `phase ${phase}, storage version ${storageVersion}`;
  });
  await claims.check("a new object is created through v2", async () => {
    await createNew(cluster.client, "new-1");
    equal((await read(cluster.client, "v2", "new-1")).port, "8443");
  });
  return true;
}

async function readEvidence({ claims, stack, cluster }: Tutorial, old: SelfieObject[]): Promise<void> {
  say("4. evidence from etcd itself");
  const found = await stored(cluster.etcd);
  const isOld = ({ metadata }: SelfieObject): boolean => metadata.name.startsWith("old-");
  await claims.check("the bytes of every object say v2, none says v1", () =>
    equal(countVersions(found), { [`${group}/v2`]: objects + 1 }),
  );
  await claims.check("no object was lost or made anew", () => equal(identities(found.filter(isOld)), identities(old)));
  await claims.check("they hold host and port, and no hostPort", () =>
    holdsHostAndPort(found, "old-0", "host-0.example.com", "8000"),
  );
  await claims.check("status.storedVersions is [v2]", async () =>
    equal((await live(cluster)).status.storedVersions, ["v2"]),
  );
  await claims.check("the proof is recorded on the CRD, and the stack's outputs show it", async () => {
    const recorded = (await live(cluster)).metadata.annotations?.[proofAnnotation];
    if (!recorded) throw new Error(`the CRD has no annotation ${proofAnnotation}`);
    const { proof } = await output(stack);
    equal(sorted(typeof proof === "string" ? JSON.parse(proof) : proof), sorted(JSON.parse(recorded)));
  });
}

async function dropVersion1(tutorial: Tutorial): Promise<void> {
  const { claims, stack, cluster } = tutorial;
  const { client } = cluster;
  say("5. v1 leaves the manifest");
  const config = stack.configure("3-v2", crds(tutorial, "v2.yaml"));
  await claims.check("pulumi preview shows the drop", async () => {
    const preview = await stack.pulumi("preview", config, quote());
    succeeded(preview);
    inOrder(preview.output, ["drop"]);
  });
  if (!(await claims.check("pulumi up drops v1", async () => succeeded(await stack.pulumi("up", config, quote())))))
    return;
  await claims.check("the CRD holds v2 only", async () => equal(await versions(cluster), ["v2"]));
  await claims.check("no managedFields entry names v1", async () => {
    const entries = (await list(client, "v2")).items.flatMap(({ metadata }) => metadata.managedFields ?? []);
    equal([...new Set(entries.map(({ apiVersion }) => apiVersion))], [`${group}/v2`]);
  });
  await claims.check("server-side apply on an old object works", async () => {
    await applyOne(client, "v2", "old-applied", { host: "applied.example.com", port: "81" });
    equal((await read(client, "v2", "old-applied")).port, "81");
  });
  await stopWebhookProcess(cluster);
  await claims.check("with the webhook stopped, reads and writes go on", async () => {
    equal((await list(client, "v2")).items.length, objects + 1);
    equal((await read(client, "v2", "old-1")).host, "host-1.example.com");
    await createNew(client, "new-2");
  });
  await claims.check("preview of the unchanged program shows nothing to do", async () =>
    succeeded(await stack.pulumi("preview", config, () => undefined, ["--expect-no-changes"])),
  );
}

function crds({ requestTimeoutSeconds }: Tutorial, file: string, rest: Partial<CrdConfig> = {}): CrdConfig[] {
  return [{ name: "selfierequests", file: `examples/selfierequests/${file}`, requestTimeoutSeconds, ...rest }];
}

function live({ client }: Cluster): Promise<Crd> {
  return client.get(crdPath) as Promise<Crd>;
}

async function versions(cluster: Cluster): Promise<string[]> {
  return (await live(cluster)).spec.versions.map(({ name }) => name);
}

async function output(stack: Stack): Promise<Output> {
  const crds = (await stack.outputs())["crds"] as Record<string, Output> | undefined;
  const found = crds?.["selfierequests"];
  if (!found) throw new Error("the stack has no output crds.selfierequests");
  return found;
}
