import * as fs from "node:fs";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import type { Definition } from "../../components/crd/definition";
import { checkout } from "../../local/checkout";
import { runCommand } from "../unit/command/runCommand";
import { startWorld, type World } from "./harness";

jest.setTimeout(300_000);

const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const v1 = checkout("examples", "databases", "v1.yaml");
const read = (file: string): Definition => parse(fs.readFileSync(file, "utf8")) as Definition;

/** `check` and `notes` of the bin against a real API server, as a user who may get CRDs and nothing else. */
describe("live: is the CRD as the cluster has it", () => {
  let world: World;
  let dir: string;
  let mayGet: string;
  let mayNothing: string;
  const KUBECONFIG = process.env["KUBECONFIG"];

  beforeAll(async () => {
    world = await startWorld([], { controllerManager: false });
    dir = fs.mkdtempSync(path.join(world.cluster.dir, "check-"));
    const rights = [{ apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"], verbs: ["get"] }];
    mayGet = await world.cluster.userKubeconfig("getter", rights);
    mayNothing = await world.cluster.userKubeconfig("nobody", []);
  });
  beforeEach(() => void (process.env["KUBECONFIG"] = mayGet));
  afterAll(async () => {
    if (KUBECONFIG === undefined) delete process.env["KUBECONFIG"];
    else process.env["KUBECONFIG"] = KUBECONFIG;
    await world.end();
  });

  const write = (name: string, definition: object): string => {
    fs.writeFileSync(path.join(dir, name), stringify(definition));
    return path.join(dir, name);
  };

  test("T1 before the CRD is there: nothing to compare, and it says how many there are", async () => {
    const { code, out, err } = await runCommand("check", "live:", v1);
    expect([code, out]).toEqual([0, "no findings; 0 CRDs compared, 1 new\n"]);
    expect(err).toMatch(/^live: is https:\S+ \(context \S+\): 0 of 1 CRD there\n$/);
  });

  test("T2 the manifest that was applied: no findings, though the API server has filled in defaults", async () => {
    await world.cluster.client.post(CRDS, read(v1));
    const { code, out, err } = await runCommand("check", "live:", v1);
    expect([code, out]).toEqual([0, "no findings; 1 CRD compared\n"]);
    expect(err).toContain("1 of 1 CRD there");
    expect((await runCommand("notes", "live:", v1)).out).toBe("No CRD changed.\n");
    expect(await runCommand("check", v1, "live:")).toMatchObject({ code: 0 });
  });

  test("T3 a field taken from it => exit code 1; the same with the context by its name", async () => {
    const crd = read(v1);
    const schema = crd.spec.versions[0]?.schema?.openAPIV3Schema?.properties?.["spec"];
    const [field = ""] = Object.keys(schema?.properties ?? {});
    delete schema?.properties?.[field];
    const next = write("without.yaml", crd);
    const context = (parse(fs.readFileSync(mayGet, "utf8")) as { "current-context": string })["current-context"];
    for (const given of ["live:", `live:${context}`]) {
      const { code, out } = await runCommand("check", given, next);
      expect(code).toBe(1);
      expect(out).toContain(`v1.spec.${field} `);
    }
  });

  test("T4 one CRD of a folder is in the cluster, one is not yet", async () => {
    const other = read(v1);
    other.metadata.name = "caches.example.com";
    other.spec.names = { plural: "caches", kind: "Cache" };
    fs.mkdirSync(path.join(dir, "crds"));
    write("crds/caches.yaml", other);
    write("crds/databases.yaml", read(v1));
    const { code, out } = await runCommand("check", "live:", path.join(dir, "crds"));
    expect([code, out]).toEqual([0, "no findings; 1 CRD compared, 1 new\n"]);
  });

  test("T5 who may not get CRDs, another context, a cluster that does not answer => exit code 2, and which right", async () => {
    process.env["KUBECONFIG"] = mayNothing;
    const denied = await runCommand("check", "live:", v1);
    expect([denied.code, denied.out]).toEqual([2, ""]);
    expect(denied.err).toMatch(/not allowed to get customresourcedefinitions\.apiextensions\.k8s\.io/);
    expect(await runCommand("check", "live:nowhere", v1)).toMatchObject({
      code: 2,
      err: expect.stringContaining("nowhere") as string,
    });
    const gone = parse(fs.readFileSync(mayGet, "utf8")) as { clusters: { cluster: { server: string } }[] };
    for (const { cluster } of gone.clusters) cluster.server = "https://127.0.0.1:1";
    process.env["KUBECONFIG"] = write("gone.kubeconfig", gone);
    const unreachable = await runCommand("check", "live:", v1);
    expect([unreachable.code, unreachable.out]).toEqual([2, ""]);
    expect(unreachable.err).toMatch(/https:\/\/127\.0\.0\.1:1.*\n {2}expected: /);
  });

  test("T6 files alone need no cluster at all", async () => {
    process.env["KUBECONFIG"] = "/nowhere";
    expect(await runCommand("check", v1, v1)).toMatchObject({ code: 0, err: "" });
  });
});
