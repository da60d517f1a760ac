import { execFile } from "child_process";
import { randomUUID } from "crypto";
import * as path from "path";
import { setTimeout as sleep } from "timers/promises";
import { promisify } from "util";
import { checkout } from "../local/checkout";
import { startCluster, type Cluster } from "../local/cluster/cluster";
import { writeManyToEtcd } from "../local/cluster/etcd";
import { say } from "../local/say";
import { endWhenInterrupted } from "./interrupted";
import { row, type Row } from "./rows";
import type { Look } from "./statusProcess";

const CRDS = 300;
/** So many of them share the objects; the others have none. */
const LARGE = 10;
const GROUP = "status.example.com";
const AT_ONCE = 8;

/**
 * `status` over 300 CRDs of three versions, ten of which share the objects, whose storedVersions name two versions. The objects are written past the
 * API server, which would take an hour for a million. The first look finds its caches empty.
 */
export async function status({ runs, objects }: { runs: number; objects: number }): Promise<Row[]> {
  const local = await startCluster({
    dir: checkout(".local", "bench", "status"),
    syncToDisk: false,
    controllerManager: false, // its garbage collector would hold every object in memory
    requestTimeoutSeconds: 60,
  });
  endWhenInterrupted(local);
  try {
    say(`writing ${objects} objects to etcd`);
    for (let nth = 0; nth < LARGE; nth++) await writeObjects(local, nth, Math.ceil(objects / LARGE));
    say(`creating ${CRDS} CRDs`);
    await createCrds(local);
    const found: Record<string, number[]> = {};
    for (let nth = 0; nth <= runs; nth++) {
      const look = await lookOnce(local);
      say(`${nth === 0 ? "first look" : `look ${nth + 1}`}: ${look.seconds.toFixed(1)} s, ${JSON.stringify(look)}`);
      if (look.crds !== CRDS || look.objects !== LARGE * Math.ceil(objects / LARGE))
        throw new Error(`saw ${look.objects} objects of ${look.crds} CRDs; expected ${objects} of ${CRDS}`);
      (found[nth === 0 ? "first look" : "later look"] ??= []).push(look.seconds);
      (found["peak memory"] ??= []).push(look.peakMemory);
    }
    return Object.entries(found).map(([metric, values]) =>
      row({ case: `status-${objects}`, subject: "ours", metric, unit: metric === "peak memory" ? "MiB" : "s" }, values),
    );
  } finally {
    await local.stop();
  }
}

async function lookOnce(local: Cluster): Promise<Look> {
  const child = path.join(__dirname, "statusProcess.js");
  const { stdout } = await promisify(execFile)(process.execPath, [child, local.kubeconfig]);
  return JSON.parse(stdout) as Look;
}

const pluralOf = (nth: number): string => `things${String(nth).padStart(3, "0")}`;

async function writeObjects(local: Cluster, nth: number, count: number): Promise<void> {
  const plural = pluralOf(nth);
  const entries = function* (): Generator<{ key: string; value: string }> {
    for (let at = 0; at < count; at++) {
      const name = `thing-${at}`;
      const metadata = {
        name,
        namespace: "default",
        uid: randomUUID(),
        generation: 1,
        creationTimestamp: "2026-01-01T00:00:00Z",
      };
      const spec = { size: at, colour: "green" };
      const value = JSON.stringify({ apiVersion: `${GROUP}/v1`, kind: kindOf(nth), metadata, spec });
      yield { key: `/registry/${GROUP}/${plural}/default/${name}`, value };
    }
  };
  await writeManyToEtcd(local.etcd, entries());
}

const kindOf = (nth: number): string => `Thing${String(nth).padStart(3, "0")}`;

async function createCrds({ client }: Cluster): Promise<void> {
  const openAPIV3Schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const left = Array.from({ length: CRDS }, (_, nth) => nth);
  const create = async (): Promise<void> => {
    for (let nth = left.pop(); nth !== undefined; nth = left.pop()) {
      const [plural, kind] = [pluralOf(nth), kindOf(nth)];
      const at = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
      await client.post(at, {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: `${plural}.${GROUP}` },
        spec: {
          group: GROUP,
          scope: "Namespaced",
          names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
          versions: ["v1alpha1", "v1beta1", "v1"].map((name) => ({
            ...{ name, served: true, storage: name === "v1", schema: { openAPIV3Schema } },
          })),
        },
      });
      await client.mergePatch(`${at}/${plural}.${GROUP}/status`, { status: { storedVersions: ["v1beta1", "v1"] } });
      while (!isEstablished(await client.get(`${at}/${plural}.${GROUP}`))) await sleep(100);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, create));
}

function isEstablished({ status }: { status?: { conditions?: { type: string; status: string }[] } }): boolean {
  return status?.conditions?.some((each) => each.type === "Established" && each.status === "True") ?? false;
}
