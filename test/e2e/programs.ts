import { execFile } from "child_process";
import * as fs from "fs";
import * as path from "path";
import { promisify } from "util";
import * as automation from "@pulumi/pulumi/automation";
import { findKubernetesPlugin } from "../../local/toolchain/kubernetesPlugin";
import { findPulumi } from "../../local/toolchain/pulumi";
import { askingLess } from "./leanStack";
import { ownConnections } from "./ownConnections";

/** What one run of the engine did, whatever the program. */
export interface ProgramRun {
  /** The engine's operation on each resource, by the name of the resource. */
  operations: Record<string, string>;
  messages: string[];
}

/** A stack that runs any program against a cluster with Pulumi's own kubernetes plugin. */
export class ProgramStack {
  private constructor(
    readonly automation: automation.Stack,
    readonly workDir: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** @param dir stacks made with the same one share a backend: resources can be moved between them */
  static async create(dir: string, name: string, kubeconfig: string, projectName = "entering"): Promise<ProgramStack> {
    const workDir = path.join(dir, "programs", projectName, name);
    const backend = path.join(dir, "programs-state");
    for (const folder of [workDir, backend]) fs.mkdirSync(folder, { recursive: true });
    const cli = await findPulumi();
    const PATH = [(await findKubernetesPlugin(cli)).folder, cli.path].join(path.delimiter);
    process.env["PATH"] = PATH; // the Automation API runs `pulumi` from there
    const envVars = {
      PATH,
      PULUMI_HOME: path.join(dir, "home"),
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_SKIP_UPDATE_CHECK: "1",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    };
    ownConnections();
    const stack = await automation.LocalWorkspace.createOrSelectStack(
      { stackName: name, projectName, program: () => Promise.resolve() },
      {
        workDir,
        pulumiHome: path.join(dir, "home"),
        projectSettings: { name: projectName, runtime: "nodejs", backend: { url: `file://${backend}` } },
        envVars,
      },
    );
    await stack.setConfig("kubernetes:kubeconfig", { value: kubeconfig });
    return new ProgramStack(askingLess(stack, { outputs: false }), workDir, { ...process.env, ...envVars });
  }

  preview(program: () => void, options: Partial<automation.PreviewOptions> = {}): Promise<ProgramRun> {
    return this.run((onEvent) => this.automation.preview({ program: inline(program), onEvent, ...options }));
  }

  up(program: () => void, options: Partial<automation.UpOptions> = {}): Promise<ProgramRun> {
    return this.run((onEvent) => this.automation.up({ program: inline(program), onEvent, ...options }));
  }

  destroy(): Promise<ProgramRun> {
    return this.run((onEvent) => this.automation.destroy({ onEvent }));
  }

  refresh(): Promise<ProgramRun> {
    return this.run((onEvent) => this.automation.refresh({ onEvent }));
  }

  /** A command that the Automation API does not have. */
  async pulumi(...args: string[]): Promise<string> {
    const { env } = this;
    const { stdout } = await promisify(execFile)("pulumi", [...args, "--non-interactive"], { cwd: this.workDir, env });
    return stdout;
  }

  /** The state as text, secrets in clear, as a person edits it between `pulumi stack export --show-secrets` and `import`. */
  async edit(change: (state: string) => string): Promise<void> {
    const file = path.join(this.workDir, "state.json");
    fs.writeFileSync(
      file,
      change(await this.pulumi("stack", "export", "--show-secrets", "--stack", this.automation.name)),
      {
        mode: 0o600,
      },
    );
    await this.pulumi("stack", "import", "--file", file, "--stack", this.automation.name);
    fs.rmSync(file);
  }

  /** The URN of each resource in the state, by its name. */
  async urns(): Promise<Record<string, string>> {
    const { deployment } = await this.automation.exportStack();
    const resources = (deployment as { resources?: { urn: string }[] }).resources ?? [];
    return Object.fromEntries(resources.map(({ urn }) => [urn.split("::").at(-1) ?? "", urn]));
  }

  /** The message of a run that must not succeed. */
  async refused(run: Promise<ProgramRun>): Promise<string> {
    const outcome = await run.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (outcome === undefined) throw new Error("the run succeeded; expected it to be refused");
    return (outcome as Error).message;
  }

  private async run(command: (onEvent: (event: automation.EngineEvent) => void) => Promise<unknown>) {
    const seen: ProgramRun = { operations: {}, messages: [] };
    const errors: string[] = [];
    try {
      await command((event) => {
        const step = event.resourcePreEvent?.metadata;
        if (step !== undefined) seen.operations[step.urn.split("::").at(-1) ?? ""] = step.op;
        if (event.diagnosticEvent === undefined) return;
        const message = event.diagnosticEvent.message.trim();
        seen.messages.push(message);
        if (event.diagnosticEvent.severity === "error") errors.push(message);
      });
    } catch (error) {
      // A report of a test may show its beginning only, and the CLI's output begins with every resource that went well.
      throw new Error([...errors, (error as Error).message].join("\n\n"), { cause: error });
    }
    return seen;
  }
}

function inline(program: () => void): automation.PulumiFn {
  return () => {
    program();
    return Promise.resolve();
  };
}
