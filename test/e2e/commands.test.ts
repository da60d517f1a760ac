import * as fs from "fs";
import { Cluster } from "../../components/kubernetes/cluster";
import { checkout } from "../../local/checkout";
import { connect } from "../../local/cluster/client";
import { isRunning } from "../../local/processes";
import { CheckoutCopy } from "./checkoutCopy";
import { crd } from "./selfies";

jest.setTimeout(300_000);

const IDENTITIES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";

interface Kubeconfig {
  clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
  users: { user: { token: string } }[];
}

/** README, "No cluster at hand". */
describe("the commands of a checkout, one after the other", () => {
  const copy = new CheckoutCopy(checkout(".local", "test", `commands-${process.pid}`));
  let printed: string;
  const told = (name: string): string => {
    const [, found] = new RegExp(`^ *${name} +(.+)$`, "m").exec(printed) ?? [];
    if (found === undefined) throw new Error(`no ${name} in\n${printed}`);
    return found;
  };

  beforeAll(() => copy.make());
  afterAll(async () => {
    await copy.npm("run", "down");
    fs.rmSync(copy.run, { recursive: true, force: true });
  });

  async function nothingIsLeft(): Promise<void> {
    const { processes = [], sockets = "none" } = copy.state ?? {};
    expect(processes.map(isRunning)).not.toContain(false);
    expect(await copy.npm("run", "down")).toContain(`ended ${processes.length} processes`);
    expect(processes.filter(isRunning)).toEqual([]);
    expect(copy.processes).toEqual([]);
    expect(copy.files).toEqual([]);
    expect(fs.existsSync(sockets)).toBe(false);
  }

  test("T1: `npm start -- --keep` carries the tutorial through, and its control plane answers to the kubeconfig it prints", async () => {
    printed = await copy.npm("start", "--", "--keep");
    expect(printed).toMatch(/^[1-9]\d* passed, 0 failed$/m);
    const cluster = await Cluster.connect({ kubeconfig: told("kubeconfig") });
    const definition = await cluster.call<{ status: { storedVersions: string[] } }>({
      method: "GET",
      path: `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd}`,
    });
    expect(definition.status.storedVersions).toEqual(["v2"]);
    cluster.close();
  });

  test("T2: the line it prints goes on with the stack, and another start is told what is up", async () => {
    const goOn = `${told("go on with the stack")} --non-interactive --expect-no-changes`;
    expect(await copy.shell(goOn)).toMatch(/unchanged/);
    await expect(copy.npm("start")).rejects.toThrow(
      /a control plane for Kubernetes \S+ is already up in this checkout/,
    );
    expect(await copy.npm("run", "cluster")).toMatch(/Kubernetes \S+ is up/);
  });

  test("T3: `npm run down` leaves no process and no file", () => nothingIsLeft());

  test("T4: `npm run cluster -- --servers 3` prints three API servers, and each answers for itself", async () => {
    printed = await copy.npm("run", "cluster", "--", "--servers", "3");
    const { clusters, users } = JSON.parse(fs.readFileSync(told("kubeconfig"), "utf8")) as Kubeconfig;
    const ca = Buffer.from(clusters[0]?.cluster["certificate-authority-data"] ?? "", "base64").toString();
    const token = users[0]?.user.token ?? "";
    const addresses: string[] = [];
    for (const host of ["cp-1", "cp-2", "cp-3"]) {
      const [server = "", address = ""] = told(host).split(", ");
      const client = connect({ server, ca, token });
      expect((await client.send("GET", "/readyz")).status).toBe(200);
      const { serverAddressByClientCIDRs } = (await client.get("/api")) as {
        serverAddressByClientCIDRs: { serverAddress: string }[];
      };
      expect(serverAddressByClientCIDRs[0]?.serverAddress).toBe(address);
      addresses.push(address);
      client.close();
    }
    expect(new Set(addresses).size).toBe(3);
    const front = connect({ server: clusters[0]?.cluster.server ?? "", ca, token });
    const { items } = (await front.get(IDENTITIES)) as { items: { metadata: { labels: Record<string, string> } }[] };
    expect(items.map(({ metadata }) => metadata.labels["kubernetes.io/hostname"]).sort()).toEqual([
      "cp-1",
      "cp-2",
      "cp-3",
    ]);
    front.close();
  });

  test("T5: `npm run down` leaves no process and no file of these either; once more, it finds nothing to do", async () => {
    await nothingIsLeft();
    expect(await copy.npm("run", "down")).toContain("nothing was running");
  });
});
