import * as path from "path";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { VersionedCRD } from "../../components";
import { checkout } from "../../local/checkout";
import { REQUEST_TIMEOUT_SECONDS } from "../../local/toolchain/kubernetesPlugin";
import { startWorld, type World } from "./harness";
import { ProgramStack } from "./programs";

jest.setTimeout(300_000);

const group = "example.com";
const plural = "databases";
const definitionPath = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${group}`;
const objectPath = (name: string): string => `/apis/${group}/v2/namespaces/default/${plural}/${name}`;

/** The names of the objects, each made another way. */
const MADE = ["short", "aliased", "grouped", "bare"] as const;

class Group extends pulumi.ComponentResource {
  constructor(version: string, opts: pulumi.ComponentResourceOptions) {
    super("test:index:Group", "group", {}, opts);
    byHand("grouped", version, { parent: this });
    this.registerOutputs({});
  }
}

function byHand(name: string, version: string, opts: pulumi.CustomResourceOptions): void {
  const args = { apiVersion: `${group}/${version}`, kind: "Database", metadata: { name }, spec: { username: "app" } };
  new kubernetes.apiextensions.CustomResource(name, args, opts);
}

interface Seen {
  /** `operation name`, in the order in which they began. */
  steps: string[];
  warnings: string[];
}

/**
 * Objects of a CRD as resources of Pulumi programs, through Pulumi's own kubernetes plugin.
 */
describe("objects in a program move with their CRD", () => {
  let world: World;
  let stack: ProgramStack;
  const uids: Record<string, string> = {};

  beforeAll(async () => {
    world = await startWorld([{ group, plural }], { requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS });
    stack = await ProgramStack.create(path.dirname(world.kubeconfig), "objects", world.kubeconfig);
  });
  afterAll(() => world.end());

  type More = (crd: VersionedCRD) => void;
  const program = (version: "v1" | "v2", more: More) => (): Promise<void> => {
    const file = checkout("examples", "databases", `${version}.yaml`);
    const crd = new VersionedCRD("databases", { file, migrator: "direct", requestTimeoutSeconds: 1 });
    crd.resource("short", { metadata: { name: "short" }, spec: { username: "app" } });
    byHand("aliased", version, { aliases: crd.aliases(), dependsOn: crd.phases.serve });
    new Group(version, { transforms: [crd.transform], dependsOn: crd.phases.serve });
    more(crd);
    return Promise.resolve();
  };

  async function run(command: "preview" | "up", inline: () => Promise<void>): Promise<Seen> {
    const seen: Seen = { steps: [], warnings: [] };
    const onEvent = ({ resourcePreEvent, diagnosticEvent }: EngineEvent): void => {
      const step = resourcePreEvent?.metadata;
      if (step !== undefined) seen.steps.push(`${step.op} ${step.urn.split("::").at(-1)}`);
      if (diagnosticEvent?.severity === "warning") seen.warnings.push(diagnosticEvent.message);
    };
    await stack.automation[command]({ program: inline, onEvent });
    return seen;
  }

  const stepsOf = ({ steps }: Seen): string[] => steps.filter((step) => /short|aliased|grouped|bare/.test(step)).sort();
  const live = (name: string) => world.cluster.client.get(objectPath(name).replace("/v2/", "/v1/"));

  const withoutAliases: More = (crd) => byHand("bare", "v1", { dependsOn: crd.phases.serve });
  const changedByHand: More = (crd) => byHand("bare", "v2", { dependsOn: crd.phases.serve });
  const fixed: More = (crd) => byHand("bare", "v2", { dependsOn: crd.phases.serve, aliases: crd.aliases() });
  const unaliased = ({ warnings }: Seen): string[] => warnings.filter((warning) => /without an alias/.test(warning));

  test("T1: the CRD at v1 and four objects of it, made in one `up`", async () => {
    const seen = await run("up", program("v1", withoutAliases));
    expect(stepsOf(seen)).toEqual(["create aliased", "create bare", "create grouped", "create short"]);
    for (const name of MADE) uids[name] = (await live(name)).metadata.uid;
    expect(unaliased(seen)).toEqual([]);
  });

  test("T2: an apiVersion changed by hand would cost the object, and is warned of in preview; the others move", async () => {
    const seen = await run("preview", program("v2", changedByHand));
    expect(stepsOf(seen)).toEqual(["create bare", "delete bare", "update aliased", "update grouped", "update short"]);
    expect(unaliased(seen)).toEqual([
      expect.stringMatching(
        /^bare is a Database at example\.com\/v2 without an alias for v1: .*aliases: crd\.aliases\(\)/,
      ),
    ]);
  });

  test("T3: the same for programs that are not this one: the objects say who writes them; with the aliases that the warning asks for, all are updates", async () => {
    const seen = await run("preview", program("v2", fixed));
    const written =
      /Pulumi programs write default\/aliased, default\/bare, default\/grouped and 1 more as example\.com\/v1/;
    expect(seen.warnings.filter((warning) => written.test(warning))).toHaveLength(1);
    expect(stepsOf(seen)).toEqual(["update aliased", "update bare", "update grouped", "update short"]);
    expect(unaliased(seen)).toEqual([]);
  });

  test("T4: CRD v1 → v2 in one `up`: the objects are the same ones, stored as v2, and nothing is left to do", async () => {
    const before = (await stack.urns())["short"];
    expect(before).toContain(`kubernetes:${group}/v1:Database`);
    const seen = await run("up", program("v2", fixed));
    expect(stepsOf(seen)).toEqual(["update aliased", "update bare", "update grouped", "update short"]);
    const urns = await stack.urns();
    for (const name of MADE) {
      const object = await world.cluster.client.get(objectPath(name));
      expect([name, object.metadata.uid, object.apiVersion]).toEqual([name, uids[name], `${group}/v2`]);
      expect(urns[name]).toContain(`kubernetes:${group}/v2:Database`);
    }
    expect(new Set(Object.values(await world.stored(group, plural)))).toEqual(new Set([`${group}/v2`]));
    const versions = (await world.cluster.client.get(definitionPath)).spec.versions;
    expect(versions.map(({ name }: { name: string }) => name)).toEqual(["v2"]);
    const { steps } = await run("preview", program("v2", fixed));
    expect(new Set(steps.map((step) => step.split(" ")[0]))).toEqual(new Set(["same"]));
  });

  test("T5: `definition` is the CRD as the official resource, typed", async () => {
    let kind: pulumi.Output<string> | undefined;
    const read: More = (crd) => {
      fixed(crd);
      kind = crd.definition.spec.names.kind;
    };
    const seen = await run("up", program("v2", read));
    expect(seen.steps).toContain("read databases-definition");
    expect(await (kind as unknown as { promise(): Promise<string> }).promise()).toBe("Database");
  });
});
