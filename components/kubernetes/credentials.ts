import * as https from "https";
import { CredentialsError } from "./errors";
import { type AppliedCredentials, type LoadedContext, loadKubeconfigContext } from "./kubeconfig";
import type { ClusterReference } from "./kubeconfigFiles";

/** Token files and certificates change under us (projected tokens each hour or so); reading them is cheap. */
const FILES_FRESH_MS = 5_000;
/** A plugin is a process; those that say when their token ends are asked again by client-node itself. */
const PLUGIN_FRESH_MS = 60_000;
/** Shorter than the 90 s after which kube-apiserver closes an idle connection (apiserver/pkg/server/secure_serving.go). */
const IDLE_SOCKET_MS = 60_000;

/** Who we are to one cluster, kept up to date: a rewrite can outlive the token with which it began. */
export class Credentials {
  private applied: Promise<AppliedCredentials>;
  private appliedAt = Date.now();
  private shared: { applied: AppliedCredentials; tls: string; agent: https.Agent } | undefined;

  private constructor(
    private readonly reference: ClusterReference,
    private loaded: LoadedContext,
    applied: AppliedCredentials,
  ) {
    this.applied = Promise.resolve(applied);
  }

  static async of(reference: ClusterReference, loaded: LoadedContext): Promise<Credentials> {
    return new Credentials(reference, loaded, await loaded.apply());
  }

  get context(): LoadedContext {
    return this.loaded;
  }

  current(): Promise<AppliedCredentials> {
    const fresh = this.loaded.authenticatesByPlugin ? PLUGIN_FRESH_MS : FILES_FRESH_MS;
    if (Date.now() - this.appliedAt >= fresh) this.replace(this.loaded.apply());
    return this.applied;
  }

  /** After a 401: everything is read anew, plugins asked again. Several refused at once cause one renewal. */
  async renew(refused: AppliedCredentials): Promise<AppliedCredentials> {
    if ((await this.applied) === refused) {
      this.replace(
        loadKubeconfigContext(this.reference).then((loaded) => {
          mustBeSameServer(this.loaded, loaded);
          this.loaded = loaded;
          return loaded.apply();
        }),
      );
    }
    return this.applied;
  }

  private replace(next: Promise<AppliedCredentials>): void {
    const previous = this.applied;
    this.appliedAt = Date.now();
    this.applied = next;
    // A refresh that fails must not stick: the next call tries again, and this one is told.
    next.catch(() => {
      if (this.applied === next) {
        this.applied = previous;
        this.appliedAt = 0;
      }
    });
  }

  /** The pool of connections for these credentials; another certificate means another pool. */
  agent(applied: AppliedCredentials): https.Agent {
    if (this.shared?.applied === applied) return this.shared.agent;
    const tls = tlsKeyOfCredentials(applied);
    const agent = this.shared?.tls === tls ? this.shared.agent : this.newAgent(applied);
    this.shared = { applied, tls, agent };
    return agent;
  }

  /** A pool of exactly one connection. */
  singleAgent(applied: AppliedCredentials): https.Agent {
    return this.newAgent(applied, 1);
  }

  private newAgent(applied: AppliedCredentials, maxSockets = Infinity): https.Agent {
    const { ca, cert, key, rejectUnauthorized, servername } = applied;
    const limits = { keepAlive: true, maxSockets, maxFreeSockets: Math.min(maxSockets, 64) };
    const options: https.AgentOptions = {
      ...limits,
      timeout: IDLE_SOCKET_MS,
      scheduling: "lifo",
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
      ...(servername !== undefined && { servername }),
    };
    return this.loaded.proxyAgent?.(options) ?? new https.Agent(options);
  }
}

/** Credentials of another cluster are none of this one's business. */
function mustBeSameServer(before: LoadedContext, now: LoadedContext): void {
  if (before.server === now.server) return;
  throw new CredentialsError({
    what: `context ${now.context} points to ${now.server} now, and to ${before.server} when this run began`,
    expected: "one cluster for the whole run",
    next: "find out who changed the kubeconfig, then run `pulumi up` again",
  });
}

/** Equal for connections that the API server takes for the same client. */
export function tlsKeyOfCredentials({ ca, cert, key, servername }: AppliedCredentials): string {
  return [ca, cert, key, servername].map((part) => JSON.stringify(part)).join("\n");
}
