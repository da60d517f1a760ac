import * as fs from "fs";
import * as path from "path";
import * as kubernetes from "@pulumi/kubernetes";
import { VersionedCRD, type VersionedCRDArgs } from "../../components";
import { readManifest } from "../../components/crd/manifest";
import { checkout } from "../../local/checkout";
import { REQUEST_TIMEOUT_SECONDS } from "../../local/toolchain/kubernetesPlugin";
import { startWorld, type World } from "./harness";
import { ProgramStack } from "./programs";
import { manifest, resource } from "./selfies";

jest.setTimeout(180_000);

/** A name that is no language's: the Node.js language host that the tests build cannot start a pack, and the engine asks for this one. */
const RUNTIME = "node-of-tests";

/** The package's pack as the engine of the tests can start it: by a script on PATH that runs `@pulumi/pulumi/cmd/run-policy-pack`. */
function packOf(dir: string): { pack: string; bin: string } {
  const pack = path.join(dir, "policies");
  const bin = path.join(dir, "bin");
  for (const folder of [pack, bin]) fs.mkdirSync(folder, { recursive: true });
  const { main, ...rest } = JSON.parse(fs.readFileSync(checkout("policies", "package.json"), "utf8")) as {
    main: string;
  };
  const whole = path.resolve(checkout("policies"), main);
  fs.writeFileSync(path.join(pack, "package.json"), JSON.stringify({ ...rest, main: path.relative(pack, whole) }));
  const project = fs.readFileSync(checkout("policies", "PulumiPolicy.yaml"), "utf8");
  fs.writeFileSync(path.join(pack, "PulumiPolicy.yaml"), project.replace("runtime: nodejs", `runtime: ${RUNTIME}`));
  const run = checkout("node_modules", "@pulumi", "pulumi", "cmd", "run-policy-pack");
  const script = `#!/bin/sh\nexec "${process.execPath}" "${run}" "$@"\n`;
  fs.writeFileSync(path.join(bin, `pulumi-analyzer-policy-${RUNTIME}`), script, { mode: 0o755 });
  return { pack, bin };
}

describe("the policy pack, in the real engine", () => {
  let world: World;
  let stack: ProgramStack;
  let pack: string;

  beforeAll(async () => {
    world = await startWorld([resource], { requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS });
    const dir = path.dirname(world.kubeconfig);
    stack = await ProgramStack.create(dir, "prod", world.cluster.kubeconfig, "policies");
    const made = packOf(path.join(dir, "pack"));
    pack = made.pack;
    const PATH = [made.bin, stack.automation.workspace.envVars["PATH"]].join(path.delimiter);
    stack.automation.workspace.envVars["PATH"] = PATH;
  });
  afterAll(() => world.end());

  const ours = (more: Partial<VersionedCRDArgs>) => (): void => {
    new VersionedCRD("selfies", { file: manifest("v1"), kubeconfig: world.kubeconfig, ...more });
  };
  const official = (): void => {
    const definition = readManifest(manifest("v1"), undefined) as unknown as {
      spec: { versions: { name: string; storage: boolean }[] };
    };
    const [only] = definition.spec.versions;
    const versions = [only, { ...only, name: "v2", storage: false }];
    const crd = { ...definition, spec: { ...definition.spec, versions } };
    new kubernetes.apiextensions.v1.CustomResourceDefinition("raw", crd as never);
  };
  const policyPacks = () => ({ policyPacks: [pack] });

  test("T1: an official CRD with two versions is refused, and told what to put in its place", async () => {
    expect(await stack.refused(stack.preview(official, policyPacks()))).toMatch(
      /\[mandatory\] +crd-with-several-versions[^]*has the versions v1, v2\n[^]*expected: a VersionedCRD/,
    );
  });

  test("T2: a VersionedCRD of a production stack without stopAfter, and one that does not keep its CRD", async () => {
    const said = await stack.refused(stack.preview(ours({ onDelete: "delete" }), policyPacks()));
    expect(said).toMatch(/stop-after-in-production[^]*the stack's name, prod, matches prod\n/);
    expect(said).toMatch(/crd-retained[^]*onDelete is delete\n/);
  });

  test("T3: with stopAfter, and kept, it passes; so it does where the pack's configuration has other stacks for production", async () => {
    const held = await stack.preview(ours({ stopAfter: "drop" }), policyPacks());
    expect(held.operations).toMatchObject({ "selfies-serve": "create" });
    const config = path.join(stack.workDir, "policies.json");
    fs.writeFileSync(config, JSON.stringify({ "stop-after-in-production": { stacks: "^live" } }));
    const free = await stack.preview(ours({}), { ...policyPacks(), policyPackConfigs: [config] });
    expect(free.operations).toMatchObject({ "selfies-serve": "create" });
  });
});
