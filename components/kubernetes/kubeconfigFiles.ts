import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { CredentialsError, UserError } from "./errors";
import { type KubeconfigEntries, parseKubeconfig, serviceAccountEntries } from "./kubeconfigEntries";
import { fillKubeconfigGaps } from "./kubeconfigGaps";

/** Which cluster: what the user wrote, not what it resolves to, so that state holds no token. */
export interface ClusterReference {
  /** Path of a kubeconfig, or its content; where absent, what kubectl would take: KUBECONFIG, ~/.kube/config, in-cluster. */
  readonly kubeconfig?: string;
  /** Name of a context; the current one where absent. */
  readonly context?: string;
}

export interface Loaded {
  readonly config: KubeconfigEntries;
  /** Where its entries were looked for, as messages name it. */
  readonly where: string;
}

/** All files of the reference as one, as kubectl merges them; the pod's service account where there is none. */
export async function loadKubeconfigFiles(reference: ClusterReference): Promise<Loaded> {
  const sources = kubeconfigSources(reference);
  if (sources.length === 0) {
    const config = serviceAccountEntries();
    if (config !== undefined) return { config, where: "the pod's service account" };
    throw new UserError({
      what: "no kubeconfig: KUBECONFIG is not set, ~/.kube/config does not exist, and this is no pod",
      expected: "one of them",
      next: "set `kubeconfig` to a path",
    });
  }
  const config: KubeconfigEntries = { clusters: [], users: [], contexts: [] };
  for (const source of sources) {
    const one = await parseSource(source);
    // Of entries with one name kubectl takes the first file's.
    config.clusters.push(...one.clusters.filter(({ name }) => !config.clusters.some((known) => known.name === name)));
    config.users.push(...one.users.filter(({ name }) => !config.users.some((known) => known.name === name)));
    config.contexts.push(...one.contexts.filter(({ name }) => !config.contexts.some((known) => known.name === name)));
    config.currentContext ??= one.currentContext;
  }
  const names = sources.map(({ name }) => name).join(", ");
  return { config, where: `kubeconfig ${names}` };
}

interface Source {
  readonly text: string;
  readonly directory: string;
  readonly name: string;
}

function kubeconfigSources({ kubeconfig }: ClusterReference): Source[] {
  if (kubeconfig !== undefined && isKubeconfigContent(kubeconfig)) {
    return [{ text: kubeconfig, directory: process.cwd(), name: "(content given)" }];
  }
  if (kubeconfig !== undefined) return [readSource(kubeconfig.replace(/^~(?=\/|$)/, os.homedir()), "`kubeconfig`")];
  const listed = (process.env.KUBECONFIG ?? "").split(path.delimiter).filter((file) => file !== "");
  if (listed.length > 0) {
    // kubectl skips files of the list that do not exist, and so do we, unless that leaves none.
    const present = listed.filter((file) => fs.existsSync(file));
    return (present.length > 0 ? present : listed).map((file) => readSource(file, "KUBECONFIG"));
  }
  const usual = path.join(os.homedir(), ".kube", "config");
  return fs.existsSync(usual) ? [readSource(usual, "the file")] : [];
}

/** Content rather than a path; it holds credentials. */
export function isKubeconfigContent(kubeconfig: string): boolean {
  return kubeconfig.includes("\n") || kubeconfig.trimStart().startsWith("{");
}

/** @param givenBy what to correct where it cannot be read */
function readSource(file: string, givenBy: string): Source {
  try {
    return { text: fs.readFileSync(file, "utf8"), directory: path.dirname(path.resolve(file)), name: file };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unreadable";
    throw new UserError({
      what: `kubeconfig ${file}: cannot be read (${code})`,
      expected: "a file",
      next: path.isAbsolute(file) ? `check ${givenBy}` : `check ${givenBy}, which is relative to ${process.cwd()}`,
    });
  }
}

async function parseSource(source: Source): Promise<KubeconfigEntries> {
  try {
    const entries = await parseKubeconfig(source.text, source.directory);
    fillKubeconfigGaps(entries, source.text, source.directory);
    return entries;
  } catch (error) {
    if (error instanceof CredentialsError) throw error;
    throw new UserError({
      what: `kubeconfig ${source.name}: not a kubeconfig`,
      expected: "YAML or JSON with clusters, users and contexts",
      next: "try it with kubectl config view",
    });
  }
}
