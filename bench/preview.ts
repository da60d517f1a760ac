import { execFile } from "child_process";
import * as fs from "fs";
import * as path from "path";
import { promisify } from "util";
import { readMetrics, metricSamplesOf } from "../components/kubernetes/metrics";
import { checkout } from "../local/checkout";
import { startCluster, type Cluster as LocalCluster } from "../local/cluster/cluster";
import { say } from "../local/say";
import { findKubernetesPlugin } from "../local/toolchain/kubernetesPlugin";
import { findPulumi } from "../local/toolchain/pulumi";
import { pulumiSettings } from "../local/toolchain/pulumiSettings";
import { endWhenInterrupted } from "./interrupted";
import { row, type Row } from "./rows";
import { connect } from "./widgets";

const CRDS = 50;
const FIELDS = 40;
const SUBJECTS = ["ours", "official"] as const;
type Subject = (typeof SUBJECTS)[number];

const run = promisify(execFile);

/** 50 CRDs of 40 fields as VersionedCRDs and as official resources, in the same cluster: what a preview costs. */
export async function preview({ runs }: { runs: number }): Promise<Row[]> {
  const dir = checkout(".local", "bench");
  const local = await startCluster({ dir, controllerManager: false });
  endWhenInterrupted(local);
  try {
    const projects = new Map<Subject, Project>();
    for (const subject of SUBJECTS) {
      const project = await Project.create(subject, path.join(dir, subject), local);
      say(`${subject}: creating ${CRDS} CRDs`);
      await project.pulumi(["v1"], "up", "--yes", "--skip-preview");
      projects.set(subject, project);
    }
    const costs = await interleaved(projects, runs);
    return [...costs, ...(await stateRows(projects))];
  } finally {
    await local.stop();
  }
}

async function interleaved(projects: Map<Subject, Project>, runs: number): Promise<Row[]> {
  const found = new Map<string, number[]>();
  const note = (key: string, value: number): unknown => found.set(key, [...(found.get(key) ?? []), value]);
  const changes = { unchanged: ["v1"], "v2 added": ["v1", "v2"] };
  for (let nth = 1; nth <= runs; nth++) {
    for (const [change, versions] of Object.entries(changes)) {
      for (const [subject, project] of projects) {
        const { seconds, processor, requests } = await project.measure(versions, "preview");
        note(`${subject}|preview, ${change}|s`, seconds);
        note(`${subject}|preview, ${change}: processor time|s`, processor);
        note(`${subject}|preview, ${change}: requests|requests`, requests);
        say(`run ${nth}/${runs}: ${subject}, ${change}: ${seconds.toFixed(1)} s`);
      }
    }
  }
  return [...found].map(([key, values]) => {
    const [subject = "", metric = "", unit = ""] = key.split("|");
    return row({ case: `preview-${CRDS}`, subject, metric, unit }, values);
  });
}

async function stateRows(projects: Map<Subject, Project>): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [subject, project] of projects) {
    const state = await project.pulumi(["v1"], "stack", "export");
    const size = JSON.stringify(JSON.parse(state)).length / 1e6;
    rows.push(row({ case: `preview-${CRDS}`, subject, metric: "state", unit: "MB" }, [size]));
  }
  return rows;
}

class Project {
  private constructor(
    private readonly dir: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly local: LocalCluster,
  ) {}

  static async create(subject: Subject, dir: string, local: LocalCluster): Promise<Project> {
    fs.mkdirSync(dir, { recursive: true });
    fs.writeFileSync(path.join(dir, "Pulumi.yaml"), `name: ${subject}\nruntime: nodejs\n`);
    // Without it the engine would take the nearest one above, ours, and run its `main`.
    fs.writeFileSync(path.join(dir, "package.json"), JSON.stringify({ name: subject, main: "index.js" }));
    fs.writeFileSync(path.join(dir, "index.js"), programOf(subject));
    fs.symlinkSync(checkout("node_modules"), path.join(dir, "node_modules"));
    const cli = await findPulumi();
    const { folder } = await findKubernetesPlugin(cli);
    const settings = pulumiSettings(cli, dir, [folder]);
    const project = new Project(dir, { ...process.env, KUBECONFIG: local.kubeconfig, ...settings }, local);
    await project.pulumi(["v1"], "stack", "init", "bench");
    return project;
  }

  async pulumi(versions: string[], ...args: string[]): Promise<string> {
    const env = { ...this.env, VERSIONS: versions.join(",") };
    const options = { cwd: this.dir, env, maxBuffer: 64 << 20 };
    const { stdout } = await run("pulumi", [...args, "--non-interactive"], options).catch(
      (error: { stdout: string }) => {
        throw new Error(`pulumi ${args.join(" ")} in ${this.dir} failed:\n${error.stdout.slice(-2_000)}`);
      },
    );
    return stdout;
  }

  /** Wall clock, processor time of the CLI and everything it started, and what the API server answered meanwhile. */
  async measure(versions: string[], command: string) {
    const before = await this.answered();
    const started = Date.now();
    const env = { ...this.env, VERSIONS: versions.join(","), TIMEFORMAT: "%U %S" };
    const script = `time pulumi ${command} --non-interactive >/dev/null 2>&1`;
    const { stderr } = await run("bash", ["-c", script], { cwd: this.dir, env });
    const seconds = (Date.now() - started) / 1000;
    const [user = 0, system = 0] = stderr.trim().split(" ").map(Number);
    return { seconds, processor: user + system, requests: (await this.answered()) - before };
  }

  /** Of custom resource definitions and everything else a client asks for; the server's own loopback requests are few. */
  private async answered(): Promise<number> {
    const cluster = await connect(this.local);
    try {
      const metrics = await readMetrics(cluster, new AbortController().signal);
      return metricSamplesOf(metrics, "apiserver_request_total").reduce((sum, { value }) => sum + value, 0);
    } finally {
      cluster.close();
    }
  }
}

/** What each loads and makes, given `crd` and `plural`; ours is no reason for the official one's program to load it. */
const MAKES: Record<Subject, { load: () => string; make: string }> = {
  ours: {
    load: () => `const { VersionedCRD } = require(${JSON.stringify(checkout("dist", "components"))});`,
    make: "new VersionedCRD(plural, { crd })",
  },
  official: {
    load: () => 'const { apiextensions } = require("@pulumi/kubernetes");',
    make: "new apiextensions.v1.CustomResourceDefinition(plural, crd)",
  },
};

/** The same definitions for both; a group for each, since a CRD can have only one owner. */
function programOf(subject: Subject): string {
  return `
${MAKES[subject].load()}
const versions = process.env.VERSIONS.split(",");
const fields = Object.fromEntries(Array.from({ length: ${FIELDS} }, (_, nth) =>
  ["field" + nth, { type: "string", maxLength: 253, description: "What field " + nth + " is for, in one sentence of usual length." }]));
const openAPIV3Schema = { type: "object", properties: { spec: { type: "object", properties: fields } } };
for (let nth = 0; nth < ${CRDS}; nth++) {
  const kind = "Kind" + String.fromCharCode(97 + Math.floor(nth / 10), 97 + (nth % 10));
  const plural = kind.toLowerCase() + "s";
  const group = "${subject}.example.com";
  const crd = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: plural + "." + group },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural, singular: kind.toLowerCase(), kind, listKind: kind + "List" },
      versions: versions.map((name) => ({ name, served: true, storage: name === versions.at(-1), schema: { openAPIV3Schema } })),
    },
  };
  ${MAKES[subject].make};
}
`;
}
