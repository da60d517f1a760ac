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

/** A pod as the API server has it, as far as the runner goes by it. */
export interface PodObject {
  metadata: {
    name: string;
    namespace: string;
    uid: string;
    creationTimestamp: string;
    deletionTimestamp?: string;
    deletionGracePeriodSeconds?: number;
    ownerReferences?: { kind: string; name: string }[];
  };
  spec: PodSpec & { nodeName?: string };
}

/** One pod as a process of this machine. */
export class Pod {
  ready = false;
  restarts = 0;
  private failures = 0;
  private child: ChildProcess | undefined;
  private reported = "";
  private readonly agent = new Agent({ keepAlive: false, rejectUnauthorized: false }); // as the kubelet probes
  private readonly began = new Date().toISOString();

  private constructor(
    readonly object: PodObject,
    readonly ip: string,
    readonly port: number,
    private readonly folder: string,
    private readonly client: Client,
  ) {}

  static async start(object: PodObject, ip: string, folder: string, client: Client): Promise<Pod> {
    const [port = 0] = await freePorts(1);
    const pod = new Pod(object, ip, port, join(folder, object.metadata.uid), client);
    await pod.mount();
    pod.run();
    return pod;
  }

  get name(): string {
    return this.object.metadata.name;
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
    for (const volume of this.object.spec.volumes ?? []) {
      const files = await this.filesOf(volume);
      const folder = this.place(volume.name);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      for (const [file, content] of Object.entries(files)) {
        writeFileSync(join(folder, `.${file}`), content, { mode: 0o600 });
        renameSync(join(folder, `.${file}`), join(folder, file));
      }
    }
  }

  /** A process that has ended is started again, as restartPolicy Always has it. */
  async probe(): Promise<void> {
    if (this.hasEnded) {
      this.ready = false;
      this.restarts++;
      this.run();
      return;
    }
    const probe = this.object.spec.containers[0]?.readinessProbe?.httpGet;
    const isWell = probe === undefined || (await this.answers(probe.path));
    this.failures = isWell ? 0 : this.failures + 1;
    this.ready = isWell || (this.ready && this.failures < FAILURES);
  }

  private answers(path: string): Promise<boolean> {
    return new Promise((resolve) => {
      const to = { host: "127.0.0.1", port: this.port, path, agent: this.agent, timeout: PROBE_MS };
      const asked = request(to, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      asked.on("timeout", () => asked.destroy());
      asked.on("error", () => resolve(false));
      asked.end();
    });
  }

  /** What the controllers go by. */
  async report(): Promise<void> {
    const status = this.ready ? "True" : "False";
    const conditions = [
      ...["PodScheduled", "Initialized"].map((type) => ({ type, status: "True" })),
      ...["ContainersReady", "Ready"].map((type) => ({ type, status })),
    ];
    const containerStatuses = this.object.spec.containers.map(({ name, image = "" }) => ({
      ...{ name, image, imageID: "", ready: this.ready, started: this.ready, restartCount: this.restarts },
      state: { running: { startedAt: this.began } },
    }));
    const { ip: podIP } = this;
    const body = {
      status: {
        phase: "Running",
        podIP,
        podIPs: [{ ip: podIP }],
        startTime: this.began,
        conditions,
        containerStatuses,
      },
    };
    const text = JSON.stringify(body);
    if (text === this.reported) return;
    await this.client.mergePatch(`${this.path}/status`, body);
    this.reported = text;
  }

  /** Its object goes last, when nothing of it runs. */
  async leave(): Promise<void> {
    const { uid } = this.object.metadata;
    const options = { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 0, preconditions: { uid } };
    await this.client.send("DELETE", this.path, options);
  }

  private get path(): string {
    return `/api/v1/namespaces/${this.object.metadata.namespace}/pods/${this.name}`;
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

  /** The process, not the pod. */
  kill(): void {
    this.child?.kill("SIGKILL");
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private run(): void {
    const [container] = this.object.spec.containers;
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
    const at = `/api/v1/namespaces/${this.object.metadata.namespace}`;
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
