import * as fs from "fs";
import * as path from "path";
import type { Plan } from "../../components/plan/document";
import { rightsForPreview } from "../../components/kubernetes/rights/rolloutRights";
import { checkout } from "../../local/checkout";
import { runCommandWithInput } from "../unit/command/runCommand";
import { CliProgram } from "./cli";
import { startWorld, type World } from "./harness";

jest.setTimeout(300_000);

const group = "plans.example.com";
const plural = "gadgets";
const crd = `${plural}.${group}`;

function crdWith(versions: readonly string[], columns: readonly object[] = []): object {
  return {
    ...{ apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", metadata: { name: crd } },
    spec: {
      ...{ group, scope: "Namespaced" },
      names: { kind: "Gadget", plural, singular: "gadget", listKind: "GadgetList" },
      versions: versions.map((words) => ({
        ...{ name: words.split(" ")[0] ?? "", served: true, storage: words.endsWith(" storage") },
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { spec: { type: "object", properties: { size: { type: "string" } } } },
          },
        },
        additionalPrinterColumns: words.startsWith("v1") ? columns : [],
      })),
    },
  };
}

describe("the plan as one block, from what the real engine prints", () => {
  let world: World;
  let program: CliProgram;
  let file: string;

  beforeAll(async () => {
    world = await startWorld([{ group, plural }]);
    program = await CliProgram.create("plan");
    file = path.join(path.dirname(world.kubeconfig), "gadgets.json");
  });
  afterAll(async () => {
    program.end();
    await world.end();
  });

  const use = (definition: object, more: object = {}, kubeconfig = world.kubeconfig): void => {
    fs.writeFileSync(file, JSON.stringify(definition));
    const gadgets = { name: "gadgets", file, migrator: "direct", requestTimeoutSeconds: 1, ...more };
    program.configure({ cluster: { kubeconfig }, crds: [gadgets] });
  };
  const preview = (): Promise<string> => program.run("preview", "--json");
  const up = (...args: string[]): Promise<string> => program.run("up", "--yes", "--json", ...args);
  const planIn = async (output: string, ...format: string[]): Promise<string> => {
    const { code, out, err } = await runCommandWithInput(output, "plan", "-", ...format);
    expect([code, err]).toEqual([0, ""]);
    return out;
  };
  const documentIn = async (output: string): Promise<Plan> => JSON.parse(await planIn(output, "--json")) as Plan;

  test("T1: a first install: the plan of the preview is the plan of the `up`, also behind its own preview", async () => {
    use(crdWith(["v1 storage"], [{ name: "Size", type: "string", jsonPath: ".spec.size" }]));
    const before = await preview();
    const after = await up();
    for (const format of [[], ["--json"], ["--markdown"]]) {
      expect(await planIn(after, ...format)).toBe(await planIn(before, ...format));
    }
    expect((await documentIn(before)).counts).toEqual({
      ...{ steps: 1, cannotBeUndone: 0, errors: 0, warnings: 0, notLookedAt: 0 },
    });
  });

  test("T2: from v1 to v2, four steps: the same bytes from two previews and from the `up`; docs/plan.md shows them", async () => {
    for (const name of ["one", "two", "three"]) {
      await world.cluster.client.post(`/apis/${group}/v1/namespaces/default/${plural}`, {
        ...{ apiVersion: `${group}/v1`, kind: "Gadget", metadata: { name }, spec: { size: name } },
      });
    }
    use(crdWith(["v1", "v2 storage"]));
    const previews = [await preview(), await preview()];
    const reader = await world.cluster.userKubeconfig("reader", rightsForPreview([{ group, plural }]));
    use(crdWith(["v1", "v2 storage"]), {}, reader);
    const [component] = (await documentIn(await preview())).components;
    expect(component?.notLookedAt).toEqual([
      {
        phase: "serve",
        text: `${crd}: the API server was not asked whether it takes the definition that serve is to write: not allowed to patch customresourcedefinitions (403), without which there is no dry run`,
      },
    ]);
    use(crdWith(["v1", "v2 storage"]));
    const after = await up("--skip-preview");
    for (const format of [[], ["--json"], ["--markdown"]]) {
      const [shown, again] = await Promise.all(previews.map((output) => planIn(output, ...format)));
      expect(again).toBe(shown);
      expect(await planIn(after, ...format)).toBe(shown);
    }
    const shown = await documentIn(after);
    expect(shown.components[0]?.steps.map(({ phase }) => phase)).toEqual(["serve", "rehearse", "store", "migrate"]);
    expect(shown.components[0]?.notes).toEqual([
      { phase: "serve", text: expect.stringContaining("(printer-column-removed)") as string },
      { phase: "serve", text: expect.stringMatching(/^all 3 objects read: the largest, /) as string },
      { phase: "migrate", text: `about 3 objects of ${crd} to rewrite, stored as v1` },
    ]);
    const withoutSize = (text: string): string => text.replace(/takes \d+ bytes/, "takes … bytes");
    const page = withoutSize(fs.readFileSync(checkout("docs/plan.md"), "utf8"));
    expect(page).toContain(`\`\`\`text\n${withoutSize(await planIn(after))}\`\`\`\n`);
  });

  test("T3: nothing to do is said; a state is no plan", async () => {
    expect(await planIn(await preview())).toBe("nothing to do, 0 warnings, 0 not looked at\n");
    const state = JSON.stringify({ version: 3, deployment: { resources: program.resources() } });
    expect(await runCommandWithInput(state, "plan", "-")).toMatchObject({ code: 2, out: "" });
  });

  test("T4: a drop cannot be undone, in the preview and in the `up`; who still uses the version moves by itself", async () => {
    use(crdWith(["v2 storage"]));
    const [before, after] = [await documentIn(await preview()), await documentIn(await up())];
    expect(before.counts).toMatchObject({ steps: 1, cannotBeUndone: 1, errors: 0 });
    expect(before.components[0]?.notes.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^v1 is still used: /),
      "after this, restart kube-controller-manager before you delete older objects with --cascade=foreground: until then it knows them as v1",
    ]);
    const withoutNotes = ({ components, ...rest }: Plan): object => ({
      ...rest,
      components: components.map((each) => ({ ...each, notes: [] })),
    });
    expect(JSON.stringify(withoutNotes(after))).toBe(JSON.stringify(withoutNotes(before)));
  });

  test("T5: a preview that is refused is shown with its error, and the exit code is 1", async () => {
    const changed = crdWith(["v2 storage"]) as { spec: { names: object; scope: string } };
    changed.spec.scope = "Cluster";
    use(changed);
    const output = (await program.refused("preview", "--json")).split("\n").slice(1).join("\n");
    const { code, out } = await runCommandWithInput(output, "plan", "-");
    expect(code).toBe(1);
    expect(out).toMatch(/^1 error: it does not go ahead, nothing to do/);
    expect(out).toMatch(/ {4}error, serve: gadgets\.plans\.example\.com: .*scope/);
  });

  test("T6: a CRD that leaves the program stays in the cluster: no step, in the preview and in the `up`", async () => {
    program.configure({ cluster: { kubeconfig: world.kubeconfig }, crds: [] });
    const [before, after] = [await preview(), await up("--skip-preview")];
    expect(JSON.stringify(JSON.parse(before))).toMatch(/"op":"delete","urn":"[^"]*:Serve::gadgets-serve"/);
    expect(await planIn(before)).toBe("nothing to do, 0 warnings, 0 not looked at\n");
    expect(await planIn(after)).toBe(await planIn(before));
  });
});
