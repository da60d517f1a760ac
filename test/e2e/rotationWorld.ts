import * as fs from "fs";
import * as path from "path";
import * as automation from "@pulumi/pulumi/automation";
import type { EncryptionKeyRotationArgs } from "../../components/encryptionKeyRotation/args";
import { EncryptionKeyRotation } from "../../components/encryptionKeyRotation/encryptionKeyRotation";
import { rightsForRotation } from "../../components/kubernetes/rights/rotationRights";
import { checkout } from "../../local/checkout";
import { startCluster, type Cluster, type ClusterOptions } from "../../local/cluster/cluster";
import { findRandomPlugin } from "../../local/randomPlugin/find";
import { chosenVersion } from "../../local/toolchain/controlPlane";
import { findPulumi } from "../../local/toolchain/pulumi";
import { askingLess } from "./leanStack";
import { ownConnections } from "./ownConnections";

/** A control plane that encrypts, and Pulumi stacks that rotate its keys by a user with exactly the rights of a rotation. */
export interface RotationWorld {
  cluster: Cluster;
  dir: string;
  /** The file of every API server, as targets. */
  targets: { file: string }[];
  /** @param given what its program says of the migrator: `{}` leaves it to the component */
  stack(name: string, given?: Pick<EncryptionKeyRotationArgs, "migrator">): Promise<RotationStack>;
  end(): Promise<void>;
}

let worlds = 0;

/** Short waits, so that a rotation takes seconds: the API servers' flags and the component's arguments say the same. */
const REQUEST_TIMEOUT_SECONDS = 3;
export const COMPACTION_SECONDS = 2;

export async function startRotationWorld(
  options: Partial<ClusterOptions> = {},
  resources: readonly string[] = ["secrets"],
): Promise<RotationWorld> {
  const dir = checkout(".local", "test", `rotation-${process.pid}-${++worlds}`);
  const cluster = await startCluster({
    version: chosenVersion([]),
    syncToDisk: false,
    requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS,
    compactionSeconds: COMPACTION_SECONDS,
    encryption: {},
    ...options,
    dir: path.join(dir, "cluster"),
  });
  const kubeconfig = await cluster.userKubeconfig("pipeline", rightsForRotation({ resources, kms: true }));
  const targets = cluster.apiServers.map(({ encryptionFile }) => ({ file: encryptionFile }));
  return {
    cluster,
    dir,
    targets,
    stack: (name, given = { migrator: "direct" }) => RotationStack.create(dir, name, { kubeconfig, targets, ...given }),
    end: async () => {
      await cluster.stop();
      fs.rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** What one run of the engine did. */
export interface RotationRun {
  /** The engine's operation on each phase and key, by its name without the component's: distribute, key-2026-11, … */
  operations: Record<string, string>;
  /** `plan` of each phase that had one. */
  plans: Record<string, string[]>;
  messages: string[];
  outputs: Record<string, unknown>;
  /** Every event of the engine, and what the CLI printed: nothing of a key may be in it. */
  everything: string;
}

type Args = Partial<EncryptionKeyRotationArgs> & Pick<EncryptionKeyRotationArgs, "keys">;

/** One stack whose program is a single EncryptionKeyRotation named `secrets`. */
export class RotationStack {
  private constructor(
    readonly automation: automation.Stack,
    private readonly backend: string,
    private readonly defaults: Pick<EncryptionKeyRotationArgs, "kubeconfig" | "targets" | "migrator">,
  ) {}

  static async create(
    dir: string,
    name: string,
    defaults: Pick<EncryptionKeyRotationArgs, "kubeconfig" | "targets" | "migrator">,
  ): Promise<RotationStack> {
    const workDir = path.join(dir, "programs", name);
    const backend = path.join(dir, "state");
    for (const folder of [workDir, backend]) fs.mkdirSync(folder, { recursive: true });
    const plugin = findRandomPlugin(path.join(dir, "plugins"));
    const PATH = [plugin.folder, (await findPulumi()).path].join(path.delimiter);
    process.env["PATH"] = PATH; // the Automation API runs `pulumi` from there
    ownConnections();
    const stack = await automation.LocalWorkspace.createOrSelectStack(
      { stackName: name, projectName: "rotation", program: () => Promise.resolve() },
      {
        workDir,
        pulumiHome: path.join(dir, "home"),
        projectSettings: { name: "rotation", runtime: "nodejs", backend: { url: `file://${backend}` } },
        envVars: {
          PATH,
          PULUMI_CONFIG_PASSPHRASE: "test",
          PULUMI_SKIP_UPDATE_CHECK: "1",
          PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        },
      },
    );
    return new RotationStack(askingLess(stack, { outputs: true }), backend, defaults);
  }

  /** @param options such as the file of an update plan */
  preview(args: Args, options: { plan?: string } = {}): Promise<RotationRun> {
    return this.run(args, (program, handlers) =>
      this.automation.preview({ program, diff: true, ...options, ...handlers }),
    );
  }

  up(args: Args, options: { plan?: string } = {}): Promise<RotationRun> {
    return this.run(args, (program, handlers) => this.automation.up({ program, diff: true, ...options, ...handlers }));
  }

  /** `pulumi up --target` of one phase: its gate must hold by itself. */
  async upOnly(args: Args, phase: string): Promise<RotationRun> {
    const urn = (await this.resources()).find((resource) => resource.urn.endsWith(`::secrets-${phase}`))?.urn ?? "none";
    return this.run(args, (program, handlers) => this.automation.up({ program, target: [urn], ...handlers }));
  }

  /** The message of a run that must not succeed. */
  async refused(run: Promise<RotationRun>): Promise<string> {
    const outcome = await run.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (outcome === undefined) throw new Error("the run succeeded; expected it to be refused");
    return (outcome as Error).message;
  }

  /** Everything that the backend keeps: the state, its history and its backups. (`stack export` would decrypt it.) */
  state(): string {
    const files = fs
      .readdirSync(this.backend, { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile());
    const texts = files.map((each) => fs.readFileSync(path.join(each.parentPath, each.name), "utf8"));
    if (!texts.some((text) => text.includes("secrets-distribute"))) throw new Error(`no state in ${this.backend}`);
    return texts.join("\n");
  }

  async resources(): Promise<{ urn: string; protect?: boolean }[]> {
    const { deployment } = await this.automation.exportStack();
    return (deployment as { resources?: { urn: string; protect?: boolean }[] }).resources ?? [];
  }

  private async run(
    args: Args,
    command: (
      program: automation.PulumiFn,
      handlers: { onEvent: (event: automation.EngineEvent) => void; onOutput: (text: string) => void },
    ) => Promise<object>,
  ): Promise<RotationRun> {
    const seen: RotationRun = { operations: {}, plans: {}, messages: [], outputs: {}, everything: "" };
    const program: automation.PulumiFn = () => {
      const rotation = new EncryptionKeyRotation("secrets", {
        resources: ["secrets"],
        requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS,
        compactionIntervalSeconds: COMPACTION_SECONDS,
        ...this.defaults,
        ...args,
      });
      const { writeKey, keyOrder, configHash, objectsRewritten, proofs } = rotation;
      return Promise.resolve({ writeKey, keyOrder, configHash, objectsRewritten, proofs });
    };
    const onEvent = (event: automation.EngineEvent): void => {
      // The SDK's own debug messages print every resource of every program as it is, secrets too: --debug and `up --json` show them.
      if ((event.diagnosticEvent?.severity as string | undefined) !== "debug")
        seen.everything += `${JSON.stringify(event)}\n`;
      note(seen, event);
    };
    const result = await command(program, { onEvent, onOutput: (text) => void (seen.everything += text) });
    const outputs = (result as { outputs?: automation.OutputMap }).outputs ?? {};
    seen.outputs = Object.fromEntries(Object.entries(outputs).map(([key, { value }]) => [key, value as unknown]));
    return seen;
  }
}

function note(seen: RotationRun, event: automation.EngineEvent): void {
  const step = event.resourcePreEvent?.metadata;
  const name = /::secrets-([^:]+)$/.exec(step?.urn ?? "")?.[1];
  if (step !== undefined && name !== undefined) {
    seen.operations[name] = step.op;
    const plan = (step.new?.inputs as { plan?: string[] } | undefined)?.plan;
    if (plan !== undefined && plan.length > 0) seen.plans[name] = plan;
  }
  if (event.diagnosticEvent !== undefined) seen.messages.push(event.diagnosticEvent.message.trim());
}
