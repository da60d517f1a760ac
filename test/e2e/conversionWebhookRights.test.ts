import * as fs from "fs";
import * as path from "path";
import {
  ConversionWebhook,
  rightsForConversionWebhook,
  rightsForOwnAuthority,
  rightsForUp,
  VersionedCRD,
  type PolicyRule,
} from "../../components";
import { checkout } from "../../local/checkout";
import { connect } from "../../local/cluster/client";
import { PodRunner } from "../../local/pods/runner";
import { REQUEST_TIMEOUT_SECONDS } from "../../local/toolchain/kubernetesPlugin";
import { type AuditedRequest, auditedRequests, auditFlags } from "./audit";
import { startWorld, type World } from "./harness";
import { ProgramStack } from "./programs";
import { createObjects, manifest, resource } from "./selfies";

jest.setTimeout(300_000);

const namespace = "default";
const rbac = "rbac.authorization.k8s.io";
const conversion = checkout("examples", "selfierequests", "conversion.ts");
const LONG_AGO = new Date(0).toISOString();

/** Every user here has the webhook's rights by a Role in the webhook's namespace. */
describe("the rights of a ConversionWebhook", () => {
  let world: World;
  let pods: PodRunner;
  let log: string;

  beforeAll(async () => {
    const dir = checkout(".local", "test", `rights-${process.pid}`);
    fs.mkdirSync(dir, { recursive: true });
    log = path.join(dir, "audit.log");
    pods = new PodRunner(namespace);
    const { apiServerFlags = [], ...options } = await pods.options();
    world = await startWorld([resource], { ...options, apiServerFlags: [...apiServerFlags, ...auditFlags(dir, log)] });
    await pods.start(world.cluster.client);
  });
  afterAll(async () => {
    await pods.stop();
    await world.end();
    fs.rmSync(path.dirname(log), { recursive: true, force: true });
  });

  const rightsOf = (name: string): PolicyRule[] => rightsForConversionWebhook({ namespace, name });

  /** A user with these rules by a Role, and those by a ClusterRole. */
  async function grant(name: string, inRole: PolicyRule[], everywhere: PolicyRule[] = []): Promise<string> {
    const kubeconfig = await world.cluster.userKubeconfig(name, everywhere);
    const at = `/apis/${rbac}/v1/namespaces/${namespace}`;
    const { client } = world.cluster;
    await client.apply(`${at}/roles/${name}`, { ...kind("Role"), metadata: { name }, rules: inRole }, "test");
    await client.apply(
      `${at}/rolebindings/${name}`,
      {
        ...{ ...kind("RoleBinding"), metadata: { name } },
        roleRef: { apiGroup: rbac, kind: "Role", name },
        subjects: [{ kind: "ServiceAccount", name, namespace: "kube-system" }],
      },
      "test",
    );
    await seesRights(kubeconfig, [...inRole, ...everywhere]);
    return kubeconfig;
  }

  const stackOf = (user: string, kubeconfig: string): Promise<ProgramStack> =>
    ProgramStack.create(path.dirname(world.kubeconfig), user, kubeconfig);
  const webhookAlone = (name: string) => (): void => void new ConversionWebhook(name, { conversion });
  const audited = (user: string): AuditedRequest[] => auditedRequests(log, user, LONG_AGO);

  describe("a rollout", () => {
    const user = "roller";
    const name = "selfies-conversion";
    const everywhere = [...rightsForUp([resource]), ...rightsForOwnAuthority()];
    const isProxy = ({ resources }: PolicyRule): boolean => resources?.includes("services/proxy") === true;
    let stack: ProgramStack;
    const program =
      (versions: Parameters<typeof manifest>[0], isConverted = true) =>
      (): void =>
        void new VersionedCRD("selfies", {
          ...{ file: manifest(versions), requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS, migrator: "direct" },
          ...(isConverted && { conversion: new ConversionWebhook(name, { conversion }) }),
        });

    test("T1 without the call through the API server's proxy it is refused, and the right is named", async () => {
      const rules = rightsOf(name).filter((rule) => !isProxy(rule));
      stack = await stackOf(user, await grant(user, rules, everywhere));
      await stack.up(program("v1", false));
      await createObjects(world.cluster.client, 5);
      expect(await stack.refused(stack.up(program("v1-v2")))).toMatch(
        /not allowed to create services\/proxy .*https:selfies-conversion:443/s,
      );
      expect(new Set(Object.values(await world.stored(resource.group, resource.plural)))).toEqual(
        new Set([`${resource.group}/v1`]),
      );
    });

    test("T2 with all of them, by a Role in its namespace, every object is moved through it", async () => {
      await grant(user, rightsOf(name), everywhere);
      await stack.up(program("v1-v2"));
      expect(new Set(Object.values(await world.stored(resource.group, resource.plural)))).toEqual(
        new Set([`${resource.group}/v2`]),
      );
    });
  });

  test("a life of a webhook asks for exactly what is granted; what a create needs beside its patch, RBAC asks for itself", async () => {
    const [user, name] = ["whole", "whole-conversion"];
    const stack = await stackOf(user, await grant(user, rightsOf(name)));
    await stack.up(webhookAlone(name));
    await stack.destroy();
    const asked = audited(user).flatMap(({ verb, uri }) => {
      const [, plural] = new RegExp(`/namespaces/${namespace}/(\\w+)`).exec(uri) ?? [];
      return plural === undefined ? [] : [`${verb} ${plural}`];
    });
    const granted = rightsOf(name).flatMap(({ resources = [], verbs }) =>
      resources.flatMap((each) => verbs.map((verb) => `${verb} ${each}`)),
    );
    // It tries to watch events, which may be refused.
    const needed = asked.filter((right) => !right.endsWith(" events"));
    const own = granted.filter((right) => !right.startsWith("create "));
    expect([...new Set(needed)].sort()).toEqual(own.sort());
  });

  const managed = ["configmaps", "secrets", "services", "deployments", "poddisruptionbudgets"];
  test.each(managed)("without %s it is refused, and the right is named", async (left) => {
    const [user, name] = [`no-${left}`, `no-${left}-conversion`];
    const stack = await stackOf(user, await grant(user, without(rightsOf(name), left)));
    expect(await stack.refused(stack.up(webhookAlone(name)))).toMatch(
      new RegExp(`cannot patch resource "${left}" in API group "[a-z]*" in the namespace "${namespace}"`),
    );
    await endPods(name);
  });

  const watched = ["replicasets", "pods", "endpoints", "persistentvolumeclaims"];
  test.each(watched)(
    "without the list of %s Pulumi's plugin asks for it again and again, and ends when it is told to",
    async (left) => {
      const [user, name] = [`no-${left}`, `no-${left}-conversion`];
      const stack = await stackOf(user, await grant(user, without(rightsOf(name), left)));
      const abort = new AbortController();
      const ended = stack.up(webhookAlone(name), { signal: abort.signal }).then(
        () => "done",
        () => "ended",
      );
      const refused = (): number =>
        audited(user).filter(({ verb, uri }) => verb === "list" && uri.includes(`/${left}`)).length;
      while (refused() < 4 && (await Promise.race([ended, pause(200)])) === undefined);
      abort.abort();
      expect(await ended).toBe("ended");
      await endPods(name);
    },
  );

  async function endPods(name: string): Promise<void> {
    await world.cluster.client.send("DELETE", `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`);
  }

  /** The API server learns of new rights by a watch. */
  async function seesRights(kubeconfig: string, rules: PolicyRule[]): Promise<void> {
    const { users } = JSON.parse(fs.readFileSync(kubeconfig, "utf8")) as { users: [{ user: { token: string } }] };
    const client = connect({ ...world.cluster.client.endpoint, token: users[0].user.token });
    const body = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectRulesReview", spec: { namespace } };
    const seen = async (): Promise<string> =>
      JSON.stringify((await client.post("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", body)).status);
    const isSeen = (all: string): boolean =>
      rules.every(({ resources = [] }) => all.includes(JSON.stringify(resources)));
    while (!isSeen(await seen())) await pause(100);
  }
});

function kind(kind: string): object {
  return { apiVersion: `${rbac}/v1`, kind };
}

function without(rules: PolicyRule[], left: string): PolicyRule[] {
  return rules
    .map((rule) => ({ ...rule, resources: (rule.resources ?? []).filter((each) => each !== left) }))
    .filter(({ resources }) => resources.length > 0);
}

async function pause(milliseconds: number): Promise<undefined> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return undefined;
}
