import * as fs from "fs";
import type { Agent, AgentOptions } from "https";
import { rootCertificates } from "tls";

/** Makes agents that reach this cluster through its `proxy-url`, anew for each pool: a pinned connection shares its agent with nobody. */
export async function proxyAgentOf(cluster: object, proxyUrl: string): Promise<(options: AgentOptions) => Agent> {
  // client-node knows how, and keeps it private. It is slow to load, which only a cluster behind a proxy has to pay.
  const { KubeConfig } = await import("@kubernetes/client-node");
  const factory = new KubeConfig() as unknown as AgentFactory;
  return (options) =>
    factory.createAgent(
      { ...cluster, proxyUrl: resolvingItself(proxyUrl) },
      { ...options, secureEndpoint: true, proxyRequestOptions: { ca: authoritiesOfProxy(options.ca) } },
    );
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
