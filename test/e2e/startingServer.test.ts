import { readFileSync } from "node:fs";
import { Cluster } from "../../components/kubernetes/cluster";
import { ApiError, UnreachableError } from "../../components/kubernetes/errors";
import { withoutRetries } from "../../components/kubernetes/retry";
import { connect, type Client } from "../../local/cluster/client";
import type { Cluster as LocalCluster } from "../../local/cluster/cluster";
import { startTestCluster } from "../../local/cluster/forTests";

jest.setTimeout(300_000);

/** Each start is another race; on a quick machine the moment in which everything is refused may be missed. */
const STARTS = { least: 3, most: 10 };
const SECRETS = "/api/v1/namespaces/kube-system/secrets";

describe("an API server that has just started, and refuses everything until it has read the roles", () => {
  let local: LocalCluster;
  let plain: Client;
  let ours: Cluster;

  beforeAll(async () => {
    local = await startTestCluster("starting-server", { controllerManager: false });
    const rules = [{ apiGroups: [""], resources: ["secrets"], verbs: ["list"] }];
    const kubeconfig = await local.userKubeconfig("lister", rules);
    const { users } = JSON.parse(readFileSync(kubeconfig, "utf8")) as { users: { user: { token: string } }[] };
    plain = connect({ ...local.client.endpoint, token: users[0]?.user.token ?? "" });
    ours = await Cluster.connect({ kubeconfig });
  });
  afterAll(async () => {
    plain?.close();
    ours?.close();
    await local?.stop();
  });

  const askPlainly = async (): Promise<number> => {
    const answer = await plain.send("GET", SECRETS).catch(() => ({ status: 0 }));
    return answer.status;
  };
  /** Each answer by itself, before anything is asked again. */
  const askWithOurs = async (): Promise<number> => {
    try {
      await withoutRetries(() => ours.call({ method: "GET", path: SECRETS }));
      return 200;
    } catch (error) {
      if (error instanceof UnreachableError) return 0;
      if (error instanceof ApiError) return error.status;
      throw error;
    }
  };
  const untilAllowed = async (ask: () => Promise<number>): Promise<Set<number>> => {
    const answers = new Set<number>();
    while (!answers.has(200)) answers.add(await ask());
    return answers;
  };

  test("a plain client is refused what it has the right to; ours, beside it, never is", async () => {
    const seen = { plain: new Set<number>(), ours: new Set<number>() };
    const isSeen = (): boolean => seen.plain.has(403) && seen.ours.has(503);
    for (let start = 0; start < STARTS.most && (start < STARTS.least || !isSeen()); start++) {
      await local.apiServers[0].end();
      const asked = Promise.all([untilAllowed(askPlainly), untilAllowed(askWithOurs)]);
      await local.apiServers[0].start();
      const [plainly, withOurs] = await asked;
      for (const status of plainly) seen.plain.add(status);
      for (const status of withOurs) seen.ours.add(status);
    }
    expect(seen.plain).toContain(403);
    expect(seen.ours).not.toContain(403);
    expect(seen.ours).toContain(503); // or it was no attempt
  });

  test("a right that is not there is refused by a server that is ready", async () => {
    const refused = ours.call({ method: "GET", path: "/api/v1/namespaces/kube-system/configmaps" });
    await expect(refused).rejects.toThrow(/not allowed to list configmaps in namespace kube-system/);
  });
});
