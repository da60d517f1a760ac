import { createHash } from "crypto";
import type { Problem } from "./problem";
import * as fs from "fs";
import type { Authenticator } from "@kubernetes/client-node/dist/auth.js" with { "resolution-mode": "import" };
import type { Cluster } from "@kubernetes/client-node/dist/config_types.js" with { "resolution-mode": "import" };
import type { Agent, AgentOptions, RequestOptions } from "https";
import { authenticatorOf } from "./authenticator";
import { CredentialsError, UserError } from "./errors";
import type { KubeconfigEntries } from "./kubeconfigEntries";
import { loadKubeconfigFiles, type ClusterReference } from "./kubeconfigFiles";
import { type FullUser, fillExecPluginGap } from "./kubeconfigGaps";
import { proxyAgentOf } from "./proxyAgent";

/** Exec plugins open browsers and ask clouds; a minute is much, for ever is a hang. */
const PLUGIN_SECONDS = 60;

/** What the TLS connection and the headers of a request need, as the kubeconfig's user has it right now. */
export type AppliedCredentials = Pick<
  RequestOptions,
  "ca" | "cert" | "key" | "rejectUnauthorized" | "servername" | "headers" | "auth"
>;

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
export async function loadKubeconfigContext(reference: ClusterReference): Promise<LoadedContext> {
  const { config, where } = await loadKubeconfigFiles(reference);
  const context = pickContext(config, reference, where);
  const entry = config.contexts.find(({ name }) => name === context);
  const cluster = config.clusters.find(({ name }) => name === entry?.cluster);
  if (cluster === undefined) {
    throw new UserError({
      what: `context ${context}: its cluster is not in ${where}`,
      expected: `an entry under clusters with the name ${entry?.cluster ?? "that the context gives"}`,
      next: "add it, or choose another context: kubectl config get-contexts",
    });
  }
  if (!cluster.server.startsWith("https://")) {
    throw new UserError({
      what: `context ${context}: server is ${cluster.server}`,
      expected: "https://…",
      why: "credentials are not sent in clear text",
    });
  }
  const user = config.users.find(({ name }) => name === entry?.user);
  if (user === undefined) {
    throw new UserError({
      what: `context ${context}: its user ${entry?.user ?? ""} is not in ${where}`,
      expected: "an entry under users",
      next: "see kubectl config view",
    });
  }
  fillExecPluginGap(context, user, cluster);
  const authenticator = await authenticatorOf(user);
  return {
    server: cluster.server,
    context,
    user: user.name,
    ...(cluster.proxyUrl !== undefined && { proxyAgent: await proxyAgentOf(cluster, cluster.proxyUrl) }),
    fingerprint: createHash("sha256")
      .update(`${context}\n${JSON.stringify({ config, user })}`)
      .digest("hex"),
    authenticatesByPlugin: user.exec != null,
    apply: () => applyCredentials({ context, cluster, user, authenticator }),
  };
}

/** The names of its contexts, sorted. @throws UserError for a kubeconfig without one */
export async function kubeconfigContextNames(reference: Pick<ClusterReference, "kubeconfig">): Promise<string[]> {
  const { config, where } = await loadKubeconfigFiles(reference);
  const names = config.contexts.map(({ name }) => name);
  if (names.length === 0)
    throw new UserError({
      what: `no context in ${where}`,
      expected: "at least one",
      next: "give another kubeconfig, or add a context: kubectl config set-context",
    });
  return names.sort();
}

function pickContext(config: KubeconfigEntries, reference: ClusterReference, where: string): string {
  const names = config.contexts.map((context) => context.name);
  const wanted = reference.context ?? config.currentContext ?? "";
  if (names.includes(wanted)) return wanted;
  const there = [...names].sort().slice(0, 10).join(", ");
  const found = wanted ? `no context ${wanted} in ${where}` : `no current-context in ${where}`;
  throw new UserError({
    what: found,
    expected: names.length === 0 ? "a kubeconfig with a context" : `one of its contexts: ${there}`,
    next:
      names.length === 0
        ? "give another kubeconfig, or add a context: kubectl config set-context"
        : "set `context` to one of them (at a terminal: `--context`)",
  });
}

interface Identity {
  readonly context: string;
  readonly cluster: Cluster;
  readonly user: FullUser;
  readonly authenticator: Authenticator | undefined;
}

async function applyCredentials(identity: Identity): Promise<AppliedCredentials> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("late")), PLUGIN_SECONDS * 1000);
  });
  try {
    return completed(await Promise.race([credentialsOf(identity), late]), identity.user);
  } catch (error) {
    throw new CredentialsError(describeCredentialError(identity, error));
  } finally {
    clearTimeout(timer);
  }
}

async function credentialsOf({ cluster, user, authenticator }: Identity): Promise<RequestOptions> {
  const headers: Record<string, string> = {};
  if (user.impersonateUser) headers["Impersonate-User"] = user.impersonateUser;
  const options: RequestOptions = {
    headers,
    ...(cluster.skipTLSVerify && { rejectUnauthorized: false }),
    ...(cluster.tlsServerName && { servername: cluster.tlsServerName }),
    ...readPem("ca", cluster.caFile, cluster.caData),
    ...readPem("cert", user.certFile, user.certData),
    ...readPem("key", user.keyFile, user.keyData),
    ...(user.username && { auth: `${user.username}:${user.password}` }),
  };
  await authenticator?.applyAuthentication(user, options);
  if (user.token) headers["Authorization"] = `Bearer ${user.token}`;
  return options;
}

/** The file wins, as with kubectl. */
function readPem(option: "ca" | "cert" | "key", file: string | undefined, data: string | undefined): RequestOptions {
  if (file) return { [option]: fs.readFileSync(file) };
  return data ? { [option]: Buffer.from(data, "base64") } : {};
}

/** A token file ends with a newline more often than not, and client-node sends it as it is. */
function completed(options: RequestOptions, user: FullUser): AppliedCredentials {
  const { Authorization: authorization, ...others } = { ...(options.headers as Record<string, string>) };
  const headers = {
    ...others,
    ...(authorization !== undefined && { Authorization: authorization.trim() }),
    ...user.impersonation,
  };
  return { ...options, headers };
}

/** A plugin's own words may quote a token, so only its command is named. */
function describeCredentialError({ context, user }: Identity, error: unknown): Problem {
  const exec = user.exec as { command?: string } | undefined | null;
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
  return { what: `context ${context}: the credentials of user ${user.name} ${what}; ${next}` };
}
