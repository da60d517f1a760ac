import { createHash } from "crypto";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import type { KubeConfig, User } from "@kubernetes/client-node" with { "resolution-mode": "import" };
import type { RequestOptions } from "https";
import { parse } from "yaml";
import type { ClusterReference } from "./cluster";
import { UserError } from "./errors";

/** Exec plugins open browsers and ask clouds; a minute is much, for ever is a hang. */
const PLUGIN_SECONDS = 60;

/** What the TLS connection and the headers of a request need, as the kubeconfig's user has it right now. */
export type AppliedCredentials = Pick<
  RequestOptions,
  "ca" | "cert" | "key" | "rejectUnauthorized" | "servername" | "headers" | "auth" | "agent"
>;

/** One context of one kubeconfig, loaded. */
export interface LoadedContext {
  readonly server: string;
  readonly context: string;
  readonly user: string;
  readonly proxied: boolean;
  /** Equal for equal cluster, user and credentials; a digest, so that it may be held and compared. */
  readonly fingerprint: string;
  /** A plugin is a process to start; files are cheap to read again. */
  readonly authenticatesByPlugin: boolean;
  apply(): Promise<AppliedCredentials>;
}

/** Loads the kubeconfig anew; nothing of it, and no error of a parser that quotes it, ever reaches a message. */
export async function loadContext(reference: ClusterReference): Promise<LoadedContext> {
  const config = await loadConfig(reference);
  const context = pickContext(config, reference);
  config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new UserError(`context ${context}: its cluster is not in the kubeconfig; expected an entry under clusters`);
  }
  if (!cluster.server.startsWith("https://")) {
    throw new UserError(
      `context ${context}: server is ${cluster.server}; expected https://…; credentials are not sent in clear text`,
    );
  }
  const user = config.getCurrentUser();
  if (user !== null) tellPluginAboutCluster(user);
  return {
    server: cluster.server,
    context,
    user: user?.name ?? "",
    proxied: cluster.proxyUrl !== undefined,
    fingerprint: createHash("sha256").update(`${context}\n${config.exportConfig()}`).digest("hex"),
    authenticatesByPlugin: user != null && user.exec != null,
    apply: () => applyCredentials(config, context),
  };
}

async function loadConfig(reference: ClusterReference): Promise<KubeConfig> {
  // ESM only since 1.0; this is the one place that loads it.
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  const sources = kubeconfigSources(reference);
  if (sources.length === 0) {
    config.loadFromDefault();
    if (config.getCurrentCluster()?.server === "http://localhost:8080") {
      throw new UserError(
        "no kubeconfig: KUBECONFIG is not set, ~/.kube/config does not exist, and this is no pod; " +
          "expected one of them; set `kubeconfig` to a path",
      );
    }
  }
  for (const source of sources) {
    const one = new KubeConfig();
    loadSource(one, source);
    // Of entries with one name kubectl takes the first file's; the library's mergeConfig would throw.
    config.clusters.push(...one.clusters.filter(({ name }) => !config.clusters.some((known) => known.name === name)));
    config.users.push(...one.users.filter(({ name }) => !config.users.some((known) => known.name === name)));
    config.contexts.push(...one.contexts.filter(({ name }) => !config.contexts.some((known) => known.name === name)));
    config.currentContext ??= one.currentContext;
  }
  return config;
}

interface Source {
  readonly text: string;
  readonly directory: string;
  readonly name: string;
}

function kubeconfigSources({ kubeconfig }: ClusterReference): Source[] {
  if (kubeconfig !== undefined && looksLikeContent(kubeconfig)) {
    return [{ text: kubeconfig, directory: process.cwd(), name: "kubeconfig (content given)" }];
  }
  if (kubeconfig !== undefined) return [readSource(kubeconfig.replace(/^~(?=\/|$)/, os.homedir()))];
  const listed = (process.env.KUBECONFIG ?? "").split(path.delimiter).filter((file) => file !== "");
  if (listed.length > 0) {
    // kubectl skips files of the list that do not exist, and so do we, unless that leaves none.
    const present = listed.filter((file) => fs.existsSync(file));
    return (present.length > 0 ? present : listed).map(readSource);
  }
  const usual = path.join(os.homedir(), ".kube", "config");
  return fs.existsSync(usual) ? [readSource(usual)] : [];
}

/** Content rather than a path; it holds credentials. */
export function looksLikeContent(kubeconfig: string): boolean {
  return kubeconfig.includes("\n") || kubeconfig.trimStart().startsWith("{");
}

function readSource(file: string): Source {
  try {
    return { text: fs.readFileSync(file, "utf8"), directory: path.dirname(path.resolve(file)), name: file };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unreadable";
    throw new UserError(
      `kubeconfig ${file}: cannot be read (${code}); expected a file; check \`kubeconfig\`, which is relative to ${process.cwd()}`,
    );
  }
}

function loadSource(config: KubeConfig, source: Source): void {
  try {
    config.loadFromString(source.text);
    config.makePathsAbsolute(source.directory);
    addTokenFiles(config, source);
  } catch {
    throw new UserError(
      `${source.name}: not a kubeconfig; expected YAML or JSON with clusters, users and contexts; try it with kubectl config view`,
    );
  }
}

/** kubectl's `tokenFile`, which client-node 1.4.0 knows only under a name of its own (src/config_types.ts, findToken). */
function addTokenFiles(config: KubeConfig, source: Source): void {
  const raw = parse(source.text) as { users?: { name: string; user?: { tokenFile?: string } }[] } | null;
  for (const { name, user } of raw?.users ?? []) {
    const known = config.users.find((candidate) => candidate.name === name) as Writable<User> | undefined;
    if (known === undefined || user?.tokenFile === undefined) continue;
    known.authProvider = { name: "tokenFile", config: { tokenFile: path.resolve(source.directory, user.tokenFile) } };
  }
}

function pickContext(config: KubeConfig, reference: ClusterReference): string {
  const names = config.getContexts().map((context) => context.name);
  const wanted = reference.context ?? config.getCurrentContext();
  if (names.includes(wanted)) return wanted;
  const there = names.length === 0 ? "none" : [...names].sort().slice(0, 10).join(", ");
  const found = wanted ? `no context ${wanted} in the kubeconfig` : "the kubeconfig has no current-context";
  throw new UserError(`${found}; found: ${there}; set \`context\` to one of them`);
}

/** client-go sets KUBERNETES_EXEC_INFO for every plugin and several refuse to run without it; client-node does not. */
function tellPluginAboutCluster(user: User): void {
  const exec = user.exec as { apiVersion?: string; env?: { name: string; value: string }[] } | undefined | null;
  if (!exec) return;
  const info = { apiVersion: exec.apiVersion, kind: "ExecCredential", spec: { interactive: false } };
  exec.env = [...(exec.env ?? []), { name: "KUBERNETES_EXEC_INFO", value: JSON.stringify(info) }];
}

async function applyCredentials(config: KubeConfig, context: string): Promise<AppliedCredentials> {
  const options: RequestOptions = {};
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("late")), PLUGIN_SECONDS * 1000);
  });
  try {
    await Promise.race([config.applyToHTTPSOptions(options), late]);
    return options;
  } catch (error) {
    throw new UserError(describeCredentialError(config, context, error));
  } finally {
    clearTimeout(timer);
  }
}

/** A plugin's own words may quote a token, so only its command is named. */
function describeCredentialError(config: KubeConfig, context: string, error: unknown): string {
  const user = config.getCurrentUser();
  const exec = user?.exec as { command?: string } | undefined | null;
  const next = `see what it says: kubectl --context ${context} get --raw /version`;
  if (exec?.command !== undefined) {
    const what = (error as Error).message === "late" ? `gave no answer in ${PLUGIN_SECONDS} s` : "failed";
    return `context ${context}: credential plugin ${exec.command} ${what}; expected an ExecCredential; ${next}`;
  }
  const { code, path: file } = error as NodeJS.ErrnoException;
  const what =
    code === undefined ? "cannot be used" : `cannot be used (${code}${file === undefined ? "" : ` ${file}`})`;
  return `context ${context}: the credentials of user ${user?.name ?? "(none)"} ${what}; ${next}`;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
