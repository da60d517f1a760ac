import * as https from "https";
import type { AddressInfo } from "net";
import { makeAuthority, makeServerCertificate } from "../../local/certificates";
import type { Cluster as LocalCluster } from "../../local/cluster/cluster";

const THINGS = { group: "aggregated.example.com", version: "v1", plural: "things" };
const SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices";

/**
 * An API server of somebody else's behind the aggregation layer: it serves one resource, which can be listed, patched and watched.
 * https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/
 */
export class AggregatedApi {
  private constructor(
    private readonly local: LocalCluster,
    private readonly server: https.Server,
    private readonly name: string,
  ) {}

  /** Registered, but its Service is not there yet: it does not answer. */
  static async register(local: LocalCluster, { group, version, plural } = THINGS): Promise<AggregatedApi> {
    const groupVersion = `${group}/${version}`;
    const name = `${version}.${group}`;
    const server = https.createServer(
      await makeServerCertificate(await makeAuthority("aggregated"), "aggregated"),
      ({ url }, response) => {
        const found = url?.split("?")[0] === `/apis/${groupVersion}`;
        response.writeHead(found ? 200 : 404, { "content-type": "application/json" });
        response.end(JSON.stringify(found ? resourcesOf(groupVersion, plural) : {}));
      },
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    await local.client.post(SERVICES, {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name },
      spec: {
        group,
        version,
        service: { namespace: "default", name: "aggregated", port: (server.address() as AddressInfo).port },
        insecureSkipTLSVerify: true,
        groupPriorityMinimum: 1000,
        versionPriority: 100,
      },
    });
    return new AggregatedApi(local, server, name);
  }

  /** Returns when `isDiscovered` says that its resources are shown. */
  async answer(isDiscovered: () => Promise<boolean>): Promise<void> {
    await this.local.client.post("/api/v1/namespaces/default/services", {
      metadata: { name: "aggregated" },
      spec: { type: "ExternalName", externalName: "localhost" },
    });
    while (!(await isDiscovered())) await new Promise((resolve) => setTimeout(resolve, 200));
  }

  async end(): Promise<void> {
    await this.local.client.send("DELETE", `${SERVICES}/${this.name}`);
    await this.local.client.send("DELETE", "/api/v1/namespaces/default/services/aggregated");
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

const resourcesOf = (groupVersion: string, plural: string): object => ({
  kind: "APIResourceList",
  apiVersion: "v1",
  groupVersion,
  resources: [
    {
      name: plural,
      singularName: plural.slice(0, -1),
      namespaced: true,
      kind: "Thing",
      verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
    },
  ],
});
