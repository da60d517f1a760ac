import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../cluster/client";
import { createEgressProxy, egressConfiguration } from "../egress";
import { Pod } from "./pod";
import type { Deployment } from "./workload";

interface Service {
  metadata: { name: string; namespace: string };
  spec: { clusterIP?: string; selector?: Record<string, string>; ports: { port: number; targetPort?: number }[] };
}

const MANAGER = "local-pod-runner";
const ROUND_MS = 200;
/** Mounted files follow within this many rounds; the kubelet takes a minute. */
const MOUNTS_EVERY = 5;

/**
 * A runner of pods in the place of a kubelet, a Deployment controller and a Service network, which the local control plane
 * has none of: each pod of a Deployment is a process, with its own command, mounts, environment and port. It is no sandbox.
 */
export class PodRunner {
  private readonly folder = mkdtempSync(join(tmpdir(), "pods-"));
  private readonly socket = join(this.folder, "road");
  private readonly tunnels = new Set<Duplex>();
  private readonly road = createEgressProxy((address) => this.locate(address), this.tunnels);
  private readonly deployments = new Map<string, Pod[]>();
  private services: Service[] = [];
  private readonly addresses = new Map<Pod, string>();
  private readonly ending = new Set<Promise<void>>();
  private readonly stopped = new AbortController();
  private loop: Promise<void> | undefined;
  private made = 0;

  constructor(private readonly namespace: string) {}

  /** Flags with which an API server finds the pods; the road is open once this resolves. */
  async flags(): Promise<string[]> {
    await once(this.road.listen(this.socket), "listening");
    const file = join(this.folder, "egress.json");
    writeFileSync(file, egressConfiguration(this.socket, ["cluster"]));
    return [`--egress-selector-config-file=${file}`];
  }

  start(client: Client): void {
    mkdirSync(join(this.folder, "pods"));
    this.loop = this.work(client);
  }

  /** The pods of a Deployment, the oldest first. */
  pods(deployment: string): readonly Pod[] {
    return this.deployments.get(deployment) ?? [];
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.loop;
    const all = [...this.deployments.values()].flat();
    await Promise.all([...all.map((pod) => pod.end(2_000)), ...this.ending]);
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
    const [deployments, services] = (await Promise.all([
      client.get(`/apis/apps/v1/namespaces/${this.namespace}/deployments`),
      client.get(`/api/v1/namespaces/${this.namespace}/services`),
    ])) as [{ items: Deployment[] }, { items: Service[] }];
    this.services = services.items;
    const wanted = new Set(deployments.items.map(({ metadata }) => metadata.name));
    for (const [name, pods] of this.deployments) {
      if (wanted.has(name)) continue;
      this.deployments.delete(name);
      pods.forEach((pod) => this.endLater(client, pod));
    }
    for (const deployment of deployments.items) {
      const pods = await this.reconcile(client, deployment);
      // What is gone from the cluster stays mounted.
      if (mounts) await Promise.all(pods.map((pod) => pod.mount().catch(() => undefined)));
    }
    // Whoever waits for the Deployment may ask its Service at once.
    for (const service of services.items) await this.writeEndpoints(client, service);
    for (const deployment of deployments.items) await this.writeStatus(client, deployment);
  }

  /** As a RollingUpdate without unavailable pods: new ones are ready before old ones go. */
  private async reconcile(client: Client, deployment: Deployment): Promise<Pod[]> {
    const { name, namespace } = deployment.metadata;
    const { spec, metadata = {} } = deployment.spec.template;
    const { labels = {} } = metadata;
    const template = templateOf(deployment);
    const replicas = deployment.spec.replicas ?? 1;
    const pods = (this.deployments.get(name) ?? []).filter((pod) => !pod.hasEnded);
    this.deployments.set(name, pods);
    const current = pods.filter((pod) => pod.template === template);
    for (let count = current.length; count < replicas; count++) {
      const of = { namespace, template, labels, spec };
      const pod = await Pod.start(`${name}-${++this.made}`, of, join(this.folder, "pods"), client);
      this.addresses.set(pod, `10.78.0.${this.made}`);
      pods.push(pod);
    }
    await Promise.all(pods.map((pod) => pod.probe()));
    for (const pod of pods) await pod.show(client, this.addresses.get(pod) ?? "");
    const updated = pods.filter((pod) => pod.template === template);
    if (updated.filter(({ ready }) => ready).length >= replicas) {
      const surplus = [...pods.filter((pod) => pod.template !== template), ...updated.slice(replicas)];
      surplus.forEach((pod) => this.endLater(client, pod));
      this.deployments.set(name, updated.slice(0, replicas));
    }
    return this.deployments.get(name) ?? [];
  }

  private endLater(client: Client, pod: Pod): void {
    const ended: Promise<void> = pod.end().then(async () => {
      await pod.hide(client).catch(() => undefined);
      this.ending.delete(ended);
      this.addresses.delete(pod);
      pod.remove();
    });
    this.ending.add(ended);
  }

  private async writeStatus(client: Client, deployment: Deployment): Promise<void> {
    const pods = this.pods(deployment.metadata.name);
    const template = templateOf(deployment);
    const { replicas = 1 } = deployment.spec;
    const ready = pods.filter((pod) => pod.ready).length;
    const updated = pods.filter((pod) => pod.template === template).length;
    const isAvailable = ready >= replicas && updated >= replicas && pods.length === updated;
    const condition = (type: string, status: boolean, reason: string) => ({
      type,
      status: status ? "True" : "False",
      reason,
    });
    const status = {
      observedGeneration: deployment.metadata.generation,
      replicas: pods.length,
      updatedReplicas: updated,
      readyReplicas: ready,
      availableReplicas: ready,
      conditions: [
        condition("Available", ready >= replicas, "LocalPodRunner"),
        condition("Progressing", true, isAvailable ? "NewReplicaSetAvailable" : "ReplicaSetUpdated"),
      ],
    };
    const { namespace, name } = deployment.metadata;
    await client.mergePatch(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}/status`, { status });
  }

  /** For the API server's own proxy to a Service, which goes by them; from 1.37 on by EndpointSlices, before by Endpoints. */
  private async writeEndpoints(client: Client, { metadata: { name, namespace }, spec }: Service): Promise<void> {
    if (spec.selector === undefined) return;
    const ready = this.behind(spec.selector).map((pod) => ({
      ip: this.addresses.get(pod) ?? "",
      targetRef: pod.reference,
    }));
    const ports = spec.ports.map(({ port, targetPort }) => ({ name: "", port: targetPort ?? port, protocol: "TCP" }));
    const slice = {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name, labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      endpoints: ready.map(({ ip, targetRef }) => ({
        addresses: [ip],
        conditions: { ready: true, serving: true },
        targetRef,
      })),
      ports,
    };
    const subsets = ready.length === 0 ? [] : [{ addresses: ready, ports }];
    const endpoints = { apiVersion: "v1", kind: "Endpoints", metadata: { name }, subsets };
    await client.apply(`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices/${name}`, slice, MANAGER);
    await client.apply(`/api/v1/namespaces/${namespace}/endpoints/${name}`, endpoints, MANAGER);
  }

  private behind(selector: Readonly<Record<string, string>>): Pod[] {
    const all = [...this.deployments.values()].flat();
    return all.filter(
      (pod) => pod.ready && Object.entries(selector).every(([key, value]) => pod.labels[key] === value),
    );
  }

  /** `IP:PORT` of a Service or of a pod. */
  private locate(address: string): { host: string; port: number } | undefined {
    const [ip] = address.split(":");
    const service = this.services.find(({ spec }) => spec.clusterIP === ip);
    const pods =
      service === undefined
        ? [...this.addresses].filter(([, own]) => own === ip).map(([pod]) => pod)
        : this.behind(service.spec.selector ?? {});
    const pod = pods[Math.floor(Math.random() * pods.length)];
    return pod === undefined ? undefined : { host: "127.0.0.1", port: pod.port };
  }
}

function templateOf({ spec }: Deployment): string {
  return createHash("sha256").update(JSON.stringify(spec.template)).digest("hex");
}
