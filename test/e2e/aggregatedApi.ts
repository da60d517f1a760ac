import * as https from "https";
import type { AddressInfo } from "net";
import { makeAuthority, makeServerCertificate } from "../../local/certificates";
import type { Cluster as LocalCluster } from "../../local/cluster/cluster";

const GROUP = "aggregated.example.com";
const SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices";

/**
 * An API server of somebody else's behind the aggregation layer: it serves `things.aggregated.example.com`, which can be listed, patched
 * and watched. https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/
 */
export class AggregatedApi {
  private constructor(
    private readonly local: LocalCluster,
    private readonly server: https.Server,
  ) {}

  /** Registered, but its Service is not there yet: it does not answer. */
  static async register(local: LocalCluster): Promise<AggregatedApi> {
    const server = https.createServer(
      await makeServerCertificate(await makeAuthority("aggregated"), "aggregated"),
      ({ url }, response) => {
        const found = url?.split("?")[0] === `/apis/${GROUP}/v1`;
        response.writeHead(found ? 200 : 404, { "content-type": "application/json" });
        response.end(JSON.stringify(found ? resources : {}));
      },
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    await local.client.post(SERVICES, {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: `v1.${GROUP}` },
      spec: {
        group: GROUP,
        version: "v1",
        service: { namespace: "default", name: "aggregated", port: (server.address() as AddressInfo).port },
        insecureSkipTLSVerify: true,
        groupPriorityMinimum: 100,
        versionPriority: 100,
      },
    });
    return new AggregatedApi(local, server);
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
    await this.local.client.send("DELETE", `${SERVICES}/v1.${GROUP}`);
    await this.local.client.send("DELETE", "/api/v1/namespaces/default/services/aggregated");
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

const resources = {
  kind: "APIResourceList",
  apiVersion: "v1",
  groupVersion: `${GROUP}/v1`,
  resources: [
    {
      name: "things",
      singularName: "thing",
      namespaced: true,
      kind: "Thing",
      verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
    },
  ],
};
