import * as fs from "fs";
import * as path from "path";
import { VersionedCRDs, type VersionedCRDsArgs } from "../../components";
import { chartArchive, chartFolder } from "../shapes/chart";
import { REQUEST_TIMEOUT_SECONDS } from "../../local/toolchain/kubernetesPlugin";
import { createGadget, crdName, definitionOf, definitionPath, group, identities } from "./gadgets";
import { startWorld, type World } from "./harness";
import { ProgramStack } from "./programs";

jest.setTimeout(300_000);

const plurals = ["alphas", "betas"];
/** In a chart that the release depends on. */
const nested = "gammas";
const all = [...plurals, nested];

/** Helm installs what stands in crds/ once, and never upgrades it: the next release comes by this package. */
describe("the CRDs of a chart", () => {
  let world: World;
  let stack: ProgramStack;
  let dir: string;
  let before: unknown[];

  const release = (version: string, v2: boolean): string => {
    const text = (plural: string): string => JSON.stringify(definitionOf(plural, { v2 }));
    const folder = path.join(dir, version);
    fs.mkdirSync(folder, { recursive: true });
    return chartArchive(
      chartFolder(folder, "gadgets", {
        ...Object.fromEntries(plurals.map((plural) => [`crds/${plural}.json`, text(plural)])),
        "charts/nested/Chart.yaml": "apiVersion: v2\nname: nested\nversion: 1.0.0\n",
        [`charts/nested/crds/${nested}.json`]: text(nested),
      }),
    );
  };
  const program =
    (file: string, more: Partial<VersionedCRDsArgs> = {}) =>
    () => {
      const common = { kubeconfig: world.kubeconfig, requestTimeoutSeconds: 2, migrator: "direct" as const };
      new VersionedCRDs("gadgets", { files: [file], takeOverFrom: ["helm"], ...common, ...more });
    };
  const everything = () => Promise.all(all.map((plural) => identities(world.cluster.client, plural)));
  const storedVersions = () =>
    Promise.all(
      all.map(
        async (plural) => (await world.cluster.client.get(definitionPath(plural))).status.storedVersions as string[],
      ),
    );
  const operations = (run: { operations: Record<string, string> }, phase: string): (string | undefined)[] =>
    all.map((plural) => run.operations[`gadgets-${crdName(plural)}-${phase}`]);

  beforeAll(async () => {
    world = await startWorld(
      all.map((plural) => ({ group, plural })),
      { requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS },
    );
    dir = path.dirname(world.kubeconfig);
    stack = await ProgramStack.create(dir, "chart", world.cluster.kubeconfig);
    for (const plural of all) {
      // As Helm does it: a create by its own field manager.
      const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions?fieldManager=helm";
      const { status } = await world.cluster.client.send("POST", crds, definitionOf(plural));
      expect(status).toBe(201);
      await createGadget(world.cluster.client, plural);
    }
    before = await everything();
  });
  afterAll(() => world.end());

  test("T1 the release that Helm installed is adopted from its archive: each CRD and each object is the same", async () => {
    const run = await stack.up(program(release("1", false)));
    expect(operations(run, "serve")).toEqual(["create", "create", "create"]);
    expect(await everything()).toEqual(before);
  });

  test("T2 the same again, and from the unpacked chart at another place, changes nothing", async () => {
    const run = await stack.preview(program(path.join(dir, "1", "gadgets")));
    expect(Object.values(run.operations).filter((operation) => operation !== "same")).toEqual([]);
  });

  test("T3 the next release moves storage, one CRD is held, and none is deleted", async () => {
    const each = { [crdName("betas")]: { stopAfter: "serve" as const } };
    const run = await stack.up(program(release("2", true), { stopAfter: "migrate", each }));
    expect(Object.values(run.operations)).not.toContain("delete");
    expect(await storedVersions()).toEqual([["v2"], ["v1"], ["v2"]]);
    expect(await everything()).toEqual(before);
  });

  test("T4 the held one follows, and a CRD that leaves the declaration stays in the cluster with its objects", async () => {
    await stack.up(program(release("2", true), { stopAfter: "migrate", skip: [crdName("alphas")] }));
    expect(await storedVersions()).toEqual([["v2"], ["v2"], ["v2"]]);
    expect(await everything()).toEqual(before);
  });
});
