import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, openSync, closeSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { join } from "node:path";
import type { Client } from "../cluster/client";
import { freePorts } from "../cluster/ports";
import { processOf, type PodSpec, type Volume } from "./workload";

const PROBE_MS = 5_000;
/** As the kubelet: once ready, a pod must fail this often to be so no longer. */
const FAILURES = 3;

/** One pod of a Deployment as a process of this machine. */
export class Pod {
  ready = false;
  private uid: string | undefined;
  private failures = 0;
  private child: ChildProcess | undefined;
  private readonly agent = new Agent({ keepAlive: false, rejectUnauthorized: false }); // as the kubelet probes

  private constructor(
    readonly name: string,
    /** What it was made from: another template is another pod. */
    readonly template: string,
    readonly labels: Readonly<Record<string, string>>,
    readonly port: number,
    private readonly spec: PodSpec,
    private readonly namespace: string,
    private readonly folder: string,
    private readonly client: Client,
  ) {}

  static async start(
    name: string,
    deployment: { namespace: string; template: string; labels: Record<string, string>; spec: PodSpec },
    folder: string,
    client: Client,
  ): Promise<Pod> {
    const [port = 0] = await freePorts(1);
    const { template, labels, spec, namespace } = deployment;
    const pod = new Pod(name, template, labels, port, spec, namespace, join(folder, name), client);
    await pod.mount();
    pod.run();
    return pod;
  }

  get hasEnded(): boolean {
    return this.child?.exitCode !== null || this.child.signalCode !== null;
  }

  /** Everything that it has printed. */
  get log(): string {
    return readFileSync(join(this.folder, "log"), "utf8");
  }

  /** Files as the kubelet has them: replaced when their ConfigMap or Secret changes. */
  async mount(): Promise<void> {
    for (const volume of this.spec.volumes ?? []) {
      const files = await this.filesOf(volume);
      const folder = this.place(volume.name);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      for (const [file, content] of Object.entries(files)) {
        writeFileSync(join(folder, `.${file}`), content, { mode: 0o600 });
        renameSync(join(folder, `.${file}`), join(folder, file));
      }
    }
  }

  async probe(): Promise<boolean> {
    const probe = this.spec.containers[0]?.readinessProbe?.httpGet;
    if (this.hasEnded) return (this.ready = false);
    if (probe === undefined) return (this.ready = true);
    const isWell = await new Promise<boolean>((resolve) => {
      const to = { host: "127.0.0.1", port: this.port, path: probe.path, agent: this.agent, timeout: PROBE_MS };
      const asked = request(to, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      asked.on("timeout", () => asked.destroy());
      asked.on("error", () => resolve(false));
      asked.end();
    });
    this.failures = isWell ? 0 : this.failures + 1;
    return (this.ready = isWell || (this.ready && this.failures < FAILURES));
  }

  get reference() {
    return {
      kind: "Pod",
      namespace: this.namespace,
      name: this.name,
      ...(this.uid !== undefined && { uid: this.uid }),
    };
  }

  /** As an object of the cluster: the API server proxies to nothing but addresses of pods that it knows. */
  async show(client: Client, podIP: string): Promise<void> {
    const path = `/api/v1/namespaces/${this.namespace}/pods`;
    if (this.uid === undefined) {
      const metadata = { name: this.name, labels: this.labels };
      const spec = { ...this.spec, nodeName: "local-pod-runner" };
      const made = (await client.post(path, { apiVersion: "v1", kind: "Pod", metadata, spec })) as {
        metadata: { uid: string };
      };
      this.uid = made.metadata.uid;
    }
    const conditions = [{ type: "Ready", status: this.ready ? "True" : "False" }];
    const status = { phase: "Running", podIP, podIPs: [{ ip: podIP }], conditions };
    await client.mergePatch(`${path}/${this.name}/status`, { status });
  }

  async hide(client: Client): Promise<void> {
    if (this.uid === undefined) return;
    await client.send("DELETE", `/api/v1/namespaces/${this.namespace}/pods/${this.name}?gracePeriodSeconds=0`);
  }

  /** SIGTERM, and it may take its time; SIGKILL when that is over. */
  async end(graceMs = 20_000): Promise<void> {
    this.ready = false;
    const { child } = this;
    if (child !== undefined && !this.hasEnded) {
      const exited = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
      await exited;
      clearTimeout(timer);
    }
    this.agent.destroy();
  }

  kill(): void {
    this.child?.kill("SIGKILL");
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private run(): void {
    const [container] = this.spec.containers;
    if (container === undefined) throw new Error(`${this.name} has no container`);
    const mounts = new Map((container.volumeMounts ?? []).map(({ name, mountPath }) => [mountPath, this.place(name)]));
    const { command, environment } = processOf(container, mounts, this.port);
    const [program = "", ...args] = command;
    const log = openSync(join(this.folder, "log"), "a", 0o600);
    const env = { PATH: process.env["PATH"] ?? "", HOST: "127.0.0.1", ...environment };
    this.child = spawn(program, args, { env, stdio: ["ignore", log, log] });
    closeSync(log);
  }

  private place(volume: string): string {
    return join(this.folder, "volumes", volume);
  }

  private async filesOf({ configMap, secret }: Volume): Promise<Record<string, Buffer>> {
    const at = `/api/v1/namespaces/${this.namespace}`;
    if (configMap !== undefined) {
      const { data = {} } = (await this.client.get(`${at}/configmaps/${configMap.name}`)) as {
        data?: Record<string, string>;
      };
      return Object.fromEntries(Object.entries(data).map(([file, text]) => [file, Buffer.from(text)]));
    }
    const { data = {} } = (await this.client.get(`${at}/secrets/${secret?.secretName}`)) as {
      data?: Record<string, string>;
    };
    return Object.fromEntries(Object.entries(data).map(([file, text]) => [file, Buffer.from(text, "base64")]));
  }
}
