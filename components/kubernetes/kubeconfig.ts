import { createHash } from "crypto";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import type { Problem } from "./problem";
import type { KubeConfig } from "@kubernetes/client-node" with { "resolution-mode": "import" };
import type { Agent, AgentOptions, RequestOptions } from "https";
import { rootCertificates } from "tls";
import { CredentialsError, UserError } from "./errors";
import { fillGaps, type FullUser, tellPluginAboutCluster } from "./kubeconfigGaps";

/** Exec plugins open browsers and ask clouds; a minute is much, for ever is a hang. */
const PLUGIN_SECONDS = 60;

/** What the TLS connection and the headers of a request need, as the kubeconfig's user has it right now. */
export type AppliedCredentials = Pick<
  RequestOptions,
  "ca" | "cert" | "key" | "rejectUnauthorized" | "servername" | "headers" | "auth"
>;

/** Which cluster: what the user wrote, not what it resolves to, so that state holds no token. */
export interface ClusterReference {
  /** Path of a kubeconfig, or its content; where absent, what kubectl would take: KUBECONFIG, ~/.kube/config, in-cluster. */
  readonly kubeconfig?: string;
  /** Name of a context; the current one where absent. */
  readonly context?: string;
}

/** One context of one kubeconfig, loaded. */
export interface LoadedContext {
  readonly server: string;
  readonly context: string;
  readonly user: string;
  /** Makes the agent for a cluster with `proxy-url`. */
  readonly proxyAgent?: (options: AgentOptions) => Agent;
  /** Equal for equal cluster, user and credentials; a digest, so that it may be held and compared. */
  readonly fingerprint: string;
  /** A plugin is a process to start; files are cheap to read again. */
  readonly authenticatesByPlugin: boolean;
  apply(): Promise<AppliedCredentials>;
}

/** Loads the kubeconfig anew; nothing of it, and no error of a parser that quotes it, ever reaches a message. */
export async function loadContext(reference: ClusterReference): Promise<LoadedContext> {
  const { config, where } = await loadConfig(reference);
  const context = pickContext(config, reference, where);
  config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new UserError({
      what: `context ${context}: its cluster is not in ${where}`,
      expected: "an entry under clusters",
    });
  }
  if (!cluster.server.startsWith("https://")) {
    throw new UserError({
      what: `context ${context}: server is ${cluster.server}`,
      expected: "https://…",
      why: "credentials are not sent in clear text",
    });
  }
  const user = config.getCurrentUser();
  if (user === null) {
    const wanted = config.getContextObject(context)?.user ?? "";
    throw new UserError({
      what: `context ${context}: its user ${wanted} is not in ${where}`,
      expected: "an entry under users",
      next: "see kubectl config view",
    });
  }
  tellPluginAboutCluster(context, user, cluster);
  return {
    server: cluster.server,
    context,
    user: user.name,
    ...(cluster.proxyUrl !== undefined && {
      // Made anew for each pool: a pinned connection shares its agent with nobody. client-node knows how, and keeps it private.
      proxyAgent: (options: AgentOptions) =>
        (config as unknown as AgentFactory).createAgent(
          { ...cluster, proxyUrl: resolvingItself(cluster.proxyUrl ?? "") },
          { ...options, secureEndpoint: true, proxyRequestOptions: { ca: authoritiesOfProxy(options.ca) } },
        ),
    }),
    fingerprint: createHash("sha256")
      .update(`${context}\n${config.exportConfig()}\n${JSON.stringify(user)}`)
      .digest("hex"),
    authenticatesByPlugin: user.exec != null,
    apply: () => applyCredentials(config, context),
  };
}

interface Loaded {
  readonly config: KubeConfig;
  /** Where its entries were looked for, as messages name it. */
  readonly where: string;
}

async function loadConfig(reference: ClusterReference): Promise<Loaded> {
  // ESM only since 1.0; this is the one place that loads it.
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  const sources = kubeconfigSources(reference);
  if (sources.length === 0) {
    config.loadFromDefault();
    if (config.getCurrentCluster()?.server === "http://localhost:8080") {
      throw new UserError({
        what: "no kubeconfig: KUBECONFIG is not set, ~/.kube/config does not exist, and this is no pod",
        expected: "one of them",
        next: "set `kubeconfig` to a path",
      });
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
  const names = sources.map(({ name }) => name).join(", ");
  return { config, where: sources.length === 0 ? "the pod's service account" : `kubeconfig ${names}` };
}

interface AgentFactory {
  createAgent(cluster: object, options: ProxyAgentOptions): Agent;
}

interface ProxyAgentOptions extends AgentOptions {
  /** Else agent-base, beneath the one for SOCKS, looks at the call stack, and keeps a connection that is free under another name than it asks for. */
  secureEndpoint: true;
  /** hpagent's own, for its connection to an https proxy. */
  proxyRequestOptions: Pick<AgentOptions, "ca">;
}

/** Names are the proxy's to resolve, as with kubectl: behind it may be the only network that knows them. client-node asks here for socks5. */
function resolvingItself(proxyUrl: string): string {
  return proxyUrl.replace(/^socks5:/, "socks5h:");
}

/** An https proxy may be known to the kubeconfig's authority, as kubectl has it, or to this machine, as client-node has it. */
function authoritiesOfProxy(ofCluster: AgentOptions["ca"]): (string | Buffer)[] {
  const extra = process.env.NODE_EXTRA_CA_CERTS;
  return [
    ...(ofCluster === undefined ? [] : [ofCluster].flat()),
    ...rootCertificates,
    ...(extra !== undefined && fs.existsSync(extra) ? [fs.readFileSync(extra)] : []),
  ];
}

interface Source {
  readonly text: string;
  readonly directory: string;
  readonly name: string;
}

function kubeconfigSources({ kubeconfig }: ClusterReference): Source[] {
  if (kubeconfig !== undefined && looksLikeContent(kubeconfig)) {
    return [{ text: kubeconfig, directory: process.cwd(), name: "(content given)" }];
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
    throw new UserError({
      what: `kubeconfig ${file}: cannot be read (${code})`,
      expected: "a file",
      next: `check \`kubeconfig\`, which is relative to ${process.cwd()}`,
    });
  }
}

function loadSource(config: KubeConfig, source: Source): void {
  try {
    config.loadFromString(source.text);
    config.makePathsAbsolute(source.directory);
    fillGaps(config, source.text, source.directory);
  } catch (error) {
    if (error instanceof CredentialsError) throw error;
    throw new UserError({
      what: `kubeconfig ${source.name}: not a kubeconfig`,
      expected: "YAML or JSON with clusters, users and contexts",
      next: "try it with kubectl config view",
    });
  }
}

function pickContext(config: KubeConfig, reference: ClusterReference, where: string): string {
  const names = config.getContexts().map((context) => context.name);
  const wanted = reference.context ?? config.getCurrentContext();
  if (names.includes(wanted)) return wanted;
  const there = names.length === 0 ? "none" : [...names].sort().slice(0, 10).join(", ");
  const found = wanted ? `no context ${wanted} in ${where}` : `no current-context in ${where}`;
  throw new UserError(`${found}; found: ${there}; set \`context\` to one of them`);
}

async function applyCredentials(config: KubeConfig, context: string): Promise<AppliedCredentials> {
  const options: RequestOptions = {};
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("late")), PLUGIN_SECONDS * 1000);
  });
  try {
    await Promise.race([config.applyToHTTPSOptions(options), late]);
    return completed(options, config.getCurrentUser());
  } catch (error) {
    throw new CredentialsError(describeCredentialError(config, context, error));
  } finally {
    clearTimeout(timer);
  }
}

/** A token file ends with a newline more often than not, and client-node sends it as it is. */
function completed(options: RequestOptions, user: FullUser | null): AppliedCredentials {
  const { Authorization: authorization, ...others } = { ...(options.headers as Record<string, string>) };
  const headers = {
    ...others,
    ...(authorization !== undefined && { Authorization: authorization.trim() }),
    ...user?.impersonation,
  };
  return { ...options, headers };
}

/** A plugin's own words may quote a token, so only its command is named. */
function describeCredentialError(config: KubeConfig, context: string, error: unknown): Problem {
  const user = config.getCurrentUser();
  const exec = user?.exec as { command?: string } | undefined | null;
  const next = `see what it says: kubectl --context ${context} get --raw /version`;
  if (exec?.command !== undefined) {
    const late = (error as Error).message === "late";
    const absent = (error as NodeJS.ErrnoException).code === "ENOENT";
    const what = late ? `gave no answer in ${PLUGIN_SECONDS} s` : absent ? "is not installed here" : "failed";
    return {
      what: `context ${context}: credential plugin ${exec.command} ${what}`,
      expected: "an ExecCredential",
      next,
    };
  }
  const { code, path: file } = error as NodeJS.ErrnoException;
  const what =
    code === undefined ? "cannot be used" : `cannot be used (${code}${file === undefined ? "" : ` ${file}`})`;
  return { what: `context ${context}: the credentials of user ${user?.name ?? "(none)"} ${what}; ${next}` };
}
