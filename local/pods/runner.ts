import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../cluster/client";
import type { ClusterOptions } from "../cluster/cluster";
import { createEgressProxy, egressConfiguration } from "../egress";
import { REQUEST_TIMEOUT_SECONDS } from "../toolchain/kubernetesPlugin";
import { Pod, type PodObject } from "./pod";

interface Service {
  metadata: { name: string };
  spec: { clusterIP?: string };
}

interface EndpointSlice {
  metadata: { labels?: Record<string, string> };
  endpoints: { addresses: string[]; conditions: { ready?: boolean } }[] | null;
}

const NODE = "local-pod-runner";
const ROUND_MS = 200;
/** Mounted files follow within this many rounds; the kubelet takes a minute. */
const MOUNTS_EVERY = 5;
/** Kubernetes' own, which make pods, endpoints and budgets. */
const CONTROLLERS = ["deployment", "replicaset", "endpointslice", "endpoints", "disruption"];

/**
 * A runner of pods in the place of a scheduler, a kubelet and kube-proxy, which the local control plane has none of: each pod
 * is a process, with its own command, mounts, environment and port. It is no sandbox.
 */
export class PodRunner {
  private readonly folder = mkdtempSync(join(tmpdir(), "pods-"));
  private readonly socket = join(this.folder, "road");
  private readonly tunnels = new Set<Duplex>();
  private readonly road = createEgressProxy((address) => this.locate(address), this.tunnels);
  /** By uid. */
  private readonly running = new Map<string, Pod>();
  private readonly ending = new Map<string, Promise<void>>();
  private services: Service[] = [];
  private slices: EndpointSlice[] = [];
  private readonly stopped = new AbortController();
  private loop: Promise<void> | undefined;
  private made = 0;

  constructor(private readonly namespace: string) {}

  /** With which a cluster has pods and finds them; the road is open once this resolves. */
  async options(): Promise<Pick<ClusterOptions, "apiServerFlags" | "controllers" | "requestTimeoutSeconds">> {
    await once(this.road.listen(this.socket), "listening");
    const file = join(this.folder, "egress.json");
    writeFileSync(file, egressConfiguration(this.socket, ["cluster"]));
    return {
      apiServerFlags: [`--egress-selector-config-file=${file}`],
      controllers: CONTROLLERS.map((name) => `${name}-controller`),
      requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS,
    };
  }

  async start(client: Client): Promise<void> {
    mkdirSync(join(this.folder, "pods"));
    await client.post("/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name: NODE } });
    this.loop = this.work(client);
  }

  /** The pods of a Deployment that are to stay, the oldest first. */
  pods(deployment: string): readonly Pod[] {
    const replicaSet = new RegExp(`^${deployment}-[a-z0-9]+$`);
    return [...this.running]
      .filter(([uid]) => !this.ending.has(uid))
      .map(([, pod]) => pod)
      .filter(({ object }) => object.metadata.ownerReferences?.some(({ name }) => replicaSet.test(name)));
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.loop;
    await Promise.all([...this.running.values()].map((pod) => pod.end(2_000)));
    await Promise.all(this.ending.values());
    this.road.close();
    this.tunnels.forEach((tunnel) => tunnel.destroy());
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async work(client: Client): Promise<void> {
    for (let round = 0; !this.stopped.signal.aborted; round++) {
      try {
        await this.round(client, round % MOUNTS_EVERY === 0);
      } catch (error) {
        // Conflicts and an API server that restarts: the next round sees to it.
        if (process.env["POD_RUNNER_DEBUG"]) console.error(error);
      }
      await sleep(ROUND_MS);
    }
  }

  private async round(client: Client, mounts: boolean): Promise<void> {
    const core = `/api/v1/namespaces/${this.namespace}`;
    const [pods, services, slices] = (await Promise.all([
      client.get(`${core}/pods`),
      client.get(`${core}/services`),
      client.get(`/apis/discovery.k8s.io/v1/namespaces/${this.namespace}/endpointslices`),
    ])) as [{ items: PodObject[] }, { items: Service[] }, { items: EndpointSlice[] }];
    this.services = services.items;
    this.slices = slices.items;
    const known = new Set(pods.items.map(({ metadata }) => metadata.uid));
    for (const [uid, pod] of this.running) if (!known.has(uid)) this.end(pod, 2_000);
    await Promise.all(pods.items.map((object) => this.keep(client, object, mounts)));
  }

  private async keep(client: Client, object: PodObject, mounts: boolean): Promise<void> {
    const { name, namespace, uid, deletionTimestamp, deletionGracePeriodSeconds = 30 } = object.metadata;
    if (object.spec.nodeName === undefined) {
      const target = { apiVersion: "v1", kind: "Node", name: NODE };
      const binding = { apiVersion: "v1", kind: "Binding", metadata: { name }, target };
      await client.post(`/api/v1/namespaces/${namespace}/pods/${name}/binding`, binding);
      return;
    }
    let pod = this.running.get(uid);
    if (pod === undefined) {
      pod = await Pod.start(object, `10.78.0.${++this.made}`, join(this.folder, "pods"), client);
      this.running.set(uid, pod);
    }
    if (deletionTimestamp !== undefined) return this.end(pod, deletionGracePeriodSeconds * 1_000);
    // What is gone from the cluster stays mounted.
    if (mounts) await pod.mount().catch(() => undefined);
    await pod.probe();
    await pod.report();
  }

  private end(pod: Pod, graceMs: number): void {
    const { uid } = pod.object.metadata;
    if (this.ending.has(uid)) return;
    const ended = pod.end(graceMs).then(async () => {
      await pod.leave().catch(() => undefined);
      this.running.delete(uid);
      this.ending.delete(uid);
      pod.remove();
    });
    this.ending.set(uid, ended);
  }

  /** `IP:PORT` of a Service, by its EndpointSlices as kube-proxy goes by them, or of a pod. */
  private locate(address: string): { host: string; port: number } | undefined {
    const [ip = ""] = address.split(":");
    const service = this.services.find(({ spec }) => spec.clusterIP === ip)?.metadata.name;
    const ips = service === undefined ? [ip] : this.readyBehind(service);
    const found = ips[Math.floor(Math.random() * ips.length)];
    const pod = [...this.running.values()].find((each) => each.ip === found);
    return pod === undefined ? undefined : { host: "127.0.0.1", port: pod.port };
  }

  private readyBehind(service: string): string[] {
    return this.slices
      .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === service)
      .flatMap(({ endpoints }) => endpoints ?? [])
      .filter(({ conditions }) => conditions.ready !== false)
      .flatMap(({ addresses }) => addresses);
  }
}
