import * as fs from "fs";
import * as path from "path";
import * as pulumi from "@pulumi/pulumi";
import * as automation from "@pulumi/pulumi/automation";
import { VersionedCRD, type PhaseName, type VersionedCRDArgs } from "../../components";
import { rightsForDrop, rightsForUp } from "../../components/kubernetes/rights/rolloutRights";
import { makeAuthority, makeServerCertificate, type Certificate } from "../../local/certificates";
import { checkout } from "../../local/checkout";
import { startCluster, type Cluster, type ClusterOptions } from "../../local/cluster/cluster";
import { readEtcd } from "../../local/cluster/etcd";
import { nativeVersion } from "../../local/cluster/flags";
import { chosenVersion } from "../../local/toolchain/controlPlane";
import { findPulumi } from "../../local/toolchain/pulumi";
import { startWebhook, type Webhook, type WebhookOptions } from "./looseWebhook";
import { askingLess } from "./leanStack";
import { ownConnections } from "./ownConnections";

/** A real control plane, and Pulumi stacks run against it by a user with exactly the rights the README lists. */
export interface World {
  cluster: Cluster;
  /** Kubeconfig of that user. */
  kubeconfig: string;
  stack(name: string): Promise<TestStack>;
  webhook(options?: Partial<WebhookOptions>): Promise<Webhook & { caBundle: string }>;
  /** `group/version` of every object of a resource, as etcd's own bytes say, by `namespace/name`. */
  stored(group: string, plural: string): Promise<Record<string, string>>;
  end(): Promise<void>;
}

/** The version of storagemigration.k8s.io that the control plane under test serves. */
export const STORAGE_MIGRATION = nativeVersion[chosenVersion([])];

let worlds = 0;

export async function startWorld(
  resources: { group: string; plural: string }[],
  options: Partial<ClusterOptions> = {},
): Promise<World> {
  const dir = checkout(".local", "test", `${process.pid}-${++worlds}`);
  const cluster = await startCluster({
    version: chosenVersion([]),
    syncToDisk: false,
    ...options,
    dir: path.join(dir, "cluster"),
  });
  const kubeconfig = await cluster.userKubeconfig("pipeline", [...rightsForUp(resources), ...rightsForDrop()]);
  const authority = await makeAuthority("test webhooks");
  const webhooks: Webhook[] = [];
  return {
    cluster,
    kubeconfig,
    stack: (name) => TestStack.create(dir, name, kubeconfig),
    webhook: async (given = {}) => {
      const certificate: Certificate = await makeServerCertificate(authority, "webhook");
      const webhook = await startWebhook({ cert: certificate.cert, key: certificate.key, ...given });
      webhooks.push(webhook);
      return { ...webhook, caBundle: authority.cert };
    },
    stored: async (group, plural) => {
      const prefix = `/registry/${group}/${plural}/`;
      const entries = await readEtcd(cluster.etcd, prefix);
      const versionOf = (value: string): string => (JSON.parse(value) as { apiVersion: string }).apiVersion;
      return Object.fromEntries(entries.map(({ key, value }) => [key.slice(prefix.length), versionOf(value)]));
    },
    end: async () => {
      await Promise.all(webhooks.map((webhook) => webhook.close()));
      await cluster.stop();
      fs.rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** What one run of the engine did. */
export interface Run {
  /** The engine's operation on each phase: create, update, same, … */
  operations: Record<string, string>;
  /** `begin NAME` and `end NAME` of every resource, in the order in which the engine told it. */
  order: string[];
  /** `plan` of each phase that had one. */
  plans: Record<string, string[]>;
  /** Every message on the phases' rows, in order. */
  messages: string[];
  /** Of the program; what a preview does not know is the engine's unknown. */
  outputs: Record<string, unknown>;
}

/** One stack whose program is a single VersionedCRD named `crd`. */
export class TestStack {
  private constructor(
    readonly automation: automation.Stack,
    readonly kubeconfig: string,
  ) {}

  static async create(dir: string, name: string, kubeconfig: string): Promise<TestStack> {
    const workDir = path.join(dir, "programs", name);
    const backend = path.join(dir, "state");
    fs.mkdirSync(workDir, { recursive: true });
    fs.mkdirSync(backend, { recursive: true });
    process.env["PATH"] = (await findPulumi()).path; // the Automation API runs `pulumi` from there
    ownConnections();
    const stack = await automation.LocalWorkspace.createOrSelectStack(
      { stackName: name, projectName: "storage-migration", program: () => Promise.resolve() },
      {
        workDir,
        pulumiHome: path.join(dir, "home"),
        projectSettings: { name: "storage-migration", runtime: "nodejs", backend: { url: `file://${backend}` } },
        envVars: {
          PATH: process.env["PATH"] ?? "",
          PULUMI_CONFIG_PASSPHRASE: "test",
          PULUMI_SKIP_UPDATE_CHECK: "1",
          PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        },
      },
    );
    return new TestStack(askingLess(stack, { outputs: true }), kubeconfig);
  }

  async preview(args: VersionedCRDArgs): Promise<Run> {
    return this.run(args, (program, onEvent) => this.automation.preview({ program, onEvent }));
  }

  async up(args: VersionedCRDArgs): Promise<Run> {
    return this.run(args, (program, onEvent) => this.automation.up({ program, onEvent }));
  }

  /** `pulumi up --target` of one phase: its gate must hold by itself. With `--target-dependents` those after it run, too. */
  async upOnly(args: VersionedCRDArgs, phase: PhaseName, targetDependents = false): Promise<Run> {
    const { deployment } = await this.automation.exportStack();
    const resources = (deployment as { resources: { urn: string }[] }).resources;
    const urn = resources.find((resource) => phaseOf(resource.urn) === phase)?.urn ?? `no ${phase} in the stack`;
    return this.run(args, (program, onEvent) =>
      this.automation.up({ program, onEvent, target: [urn], targetDependents }),
    );
  }

  /** The message of an `up` or a preview that must not succeed. */
  async refused(run: Promise<Run>): Promise<string> {
    const outcome = await run.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (outcome === undefined) throw new Error("the run succeeded; expected it to be refused");
    return (outcome as Error).message;
  }

  private async run(
    args: VersionedCRDArgs,
    command: (program: automation.PulumiFn, onEvent: (event: automation.EngineEvent) => void) => Promise<object>,
  ): Promise<Run> {
    const seen: Run = { operations: {}, order: [], plans: {}, messages: [], outputs: {} };
    let hasRun = false;
    const program: automation.PulumiFn = () => {
      hasRun = true;
      const crd = new VersionedCRD("crd", { kubeconfig: this.kubeconfig, requestTimeoutSeconds: 3, ...args });
      const { storageVersion, storedVersions, objectsRewritten, proof } = crd;
      const outputs = { phase: crd.phase, storageVersion, storedVersions, objectsRewritten, proof };
      // Not before the last phase is registered: an engine that refuses it would be gone when it is told of outputs.
      return Promise.resolve({
        ...outputs,
        storageVersion: pulumi.all([storageVersion, crd.phases.drop.urn]).apply(([known]) => known),
      });
    };
    const result = await command(program, (event) => note(seen, event));
    if (!hasRun) throw new Error("pulumi ended without an error and without having run the program");
    const outputs = (result as { outputs?: automation.OutputMap }).outputs;
    if (outputs === undefined) return seen; // of a preview: as the engine showed them
    seen.outputs = Object.fromEntries(Object.entries(outputs).map(([key, { value }]) => [key, value as unknown]));
    return seen;
  }
}

function note(seen: Run, event: automation.EngineEvent): void {
  const step = event.resourcePreEvent?.metadata ?? event.resOutputsEvent?.metadata;
  const phase = phaseOf(step?.urn);
  if (step !== undefined) {
    seen.order.push(`${event.resourcePreEvent === undefined ? "end" : "begin"} ${step.urn.split("::").at(-1)}`);
  }
  if (event.resourcePreEvent !== undefined && phase !== undefined && step !== undefined) {
    seen.operations[phase] = step.op;
    const plan = (step.new?.inputs as { plan?: string[] } | undefined)?.plan;
    if (plan !== undefined && plan.length > 0) seen.plans[phase] = plan;
  }
  if (step?.type === "pulumi:pulumi:Stack" && event.resOutputsEvent !== undefined) {
    seen.outputs = (step.new?.outputs ?? {}) as Record<string, unknown>;
  }
  const diagnostic = event.diagnosticEvent;
  if (diagnostic !== undefined) seen.messages.push(diagnostic.message.trim());
}

function phaseOf(urn: string | undefined): string | undefined {
  return /:(Serve|Rehearse|Store|Migrate|Drop)::/.exec(urn ?? "")?.[1]?.toLowerCase();
}
