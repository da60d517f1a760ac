import * as fs from "fs";
import * as path from "path";
import { parse as parsed } from "yaml";
import { FIELD_MANAGER } from "../../components/crd/names";
import { checkout } from "../../local/checkout";
import { startWorld, type World } from "./harness";
import { manifest, npmPack, packageName, packFreshClone, peers, Project } from "./project";

jest.setTimeout(600_000);

const layouts = ["plain", "pnpm", "wrapper"] as const;
type Layout = (typeof layouts)[number];

const groupOf = (layout: Layout): string => `${layout}.example.com`;
const definition = (layout: Layout): string =>
  `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/databases.${groupOf(layout)}`;

/** examples/databases, in a group of the project's own. */
const crd = (layout: Layout, version: "v1" | "v2"): string =>
  fs
    .readFileSync(checkout("examples", "databases", `${version}.yaml`), "utf8")
    .replace(/example\.com/g, groupOf(layout));

describe("the tarball that `npm pack` makes of a fresh clone", () => {
  let world: World;
  let tarball: string;
  const projects = {} as Record<Layout, Project>;
  const installed = {} as Record<Layout, string>;
  /** All at once: most of a rollout is waiting. */
  const rollouts = {} as Record<Layout, Promise<void>>;

  beforeAll(async () => {
    world = await startWorld(layouts.map((layout) => ({ group: groupOf(layout), plural: "databases" })));
    const dir = path.join(path.dirname(world.cluster.dir), "packed");
    fs.mkdirSync(dir, { recursive: true });
    tarball = await packFreshClone(dir);
    for (const layout of layouts) {
      projects[layout] = await Project.create(path.join(dir, layout), `packed/${layout}`, world.kubeconfig);
      projects[layout].write("types.ts", fs.readFileSync(checkout("test", "programs", "packed", "types.ts"), "utf8"));
      projects[layout].write("crd.yaml", crd(layout, "v2"));
      projects[layout].write("Pulumi.yaml", `name: ${layout}\nruntime: nodejs\n`);
    }
    for (const { dir } of [projects.plain, projects.pnpm]) {
      fs.cpSync(checkout("test", "programs", "packed", "converted"), path.join(dir, "converted"), { recursive: true });
    }
    await Promise.all([
      installPlain(projects.plain),
      installPnpm(projects.pnpm),
      installUnderWrapper(projects.wrapper, dir),
    ]);
    for (const layout of layouts) {
      rollouts[layout] = carriedThrough(layout);
      rollouts[layout].catch(() => undefined); // its test says so
    }
  });
  afterAll(() => world.end());

  const tools = {
    "@types/node": manifest.devDependencies["@types/node"],
    typescript: manifest.devDependencies["typescript"],
  };

  async function installPlain(project: Project): Promise<void> {
    const dependencies = { ...tools, ...peers("current"), [packageName]: `file:${tarball}` };
    project.write("package.json", { name: "plain", private: true, dependencies });
    await project.npmInstall();
    installed.plain = path.join(project.dir, "node_modules", packageName);
  }

  async function installPnpm(project: Project): Promise<void> {
    const dependencies = { ...tools, ...peers("current"), [packageName]: `file:${tarball}` };
    project.write("package.json", { name: "pnpm", private: true, dependencies });
    // The program is not at the root: the engine runs it, and the provider, from its own folder.
    project.write("Pulumi.yaml", "name: pnpm\nruntime: nodejs\nmain: infra/index.ts\n");
    project.write("types.mts", fs.readFileSync(path.join(project.dir, "types.ts"), "utf8"));
    await project.pnpmInstall();
    installed.pnpm = path.join(project.dir, "node_modules", packageName);
  }

  /** A company's package depends on ours; nested, so that the project itself cannot resolve ours. With the lowest peers. */
  async function installUnderWrapper(project: Project, dir: string): Promise<void> {
    const platform = path.join(dir, "platform");
    fs.cpSync(checkout("test", "programs", "packed", "platform"), platform, { recursive: true });
    const wrapper = {
      name: "@acme/platform",
      version: "1.0.0",
      dependencies: { [packageName]: `file:${tarball}` },
      peerDependencies: { "@pulumi/pulumi": "^3.0.0" },
    };
    fs.writeFileSync(path.join(platform, "package.json"), JSON.stringify(wrapper));
    const dependencies = { ...tools, ...peers("lowest"), "@acme/platform": `file:${await npmPack(platform, dir)}` };
    project.write("package.json", { name: "wrapper", private: true, dependencies });
    await project.npmInstall("--install-strategy=nested");
    installed.wrapper = path.join(project.dir, "node_modules", "@acme", "platform", "node_modules", packageName);
  }

  test("holds the compiled components with their types, and the papers; no test, no tool, no map; small", () => {
    const files = (fs.readdirSync(installed.plain, { recursive: true }) as string[])
      .filter((file) => fs.statSync(path.join(installed.plain, file)).isFile())
      .sort();
    const sources = (fs.readdirSync(checkout("components"), { recursive: true }) as string[])
      .filter((file) => file.endsWith(".ts"))
      .map((file) => file.replace(/\.ts$/, ""));
    const expected = [
      ...["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "docs/compatibility.md", "package.json"],
      ...["policies/PulumiPolicy.yaml", "policies/package.json"],
      ...sources.flatMap((source) => [`dist/components/${source}.js`, `dist/components/${source}.d.ts`]),
    ];
    expect(files).toEqual(expected.sort());
    expect(fs.statSync(tarball).size).toBeLessThan(650_000);
  });

  test("each project has it where its package manager puts it", () => {
    expect(fs.lstatSync(installed.plain).isDirectory()).toBe(true);
    expect(fs.realpathSync(installed.pnpm)).toMatch(/node_modules\/\.pnpm\/.+\/node_modules\//);
    expect(fs.lstatSync(installed.wrapper).isDirectory()).toBe(true);
    expect(fs.existsSync(path.join(projects.wrapper.dir, "node_modules", packageName))).toBe(false);
  });

  test("the types compile where they must, and do not where they must not, in every way that TypeScript resolves", async () => {
    await Promise.all([
      projects.plain.tsc(), // node10: the template of `pulumi new`, which checks libraries too
      projects.pnpm.tsc(), // bundler
      projects.wrapper.tsc(), // the lowest peers
    ]);
    await projects.pnpm.tsc("tsconfig.node16.json"); // from CommonJS and from an ES module
    await projects.pnpm.tsc("tsconfig.nodenext.json");
  });

  test.each(["plain", "pnpm"] as const)("%s: a conversion runs as an ES module and as CommonJS", async (layout) => {
    for (const program of ["module.mjs", "common.cjs"]) {
      expect(await projects[layout].node(path.join("converted", program))).toBe("example.com 8080\n");
    }
  });

  test("its bin compares manifests by npx, without a cluster", async () => {
    const { plain } = projects;
    plain.write("before.yaml", crd("plain", "v1"));
    const compare = (subcommand: string): Promise<string> =>
      plain.npx("kubernetes-storage-migration", subcommand, "before.yaml", "before.yaml");
    expect(await compare("check")).toBe("no findings; 1 CRD compared\n");
    expect(await compare("notes")).toBe("No CRD changed.\n");
  });

  test.each(layouts)("%s: preview and up carry a CRD and its object from v1 to v2", (layout) => rollouts[layout]);

  async function carriedThrough(layout: Layout): Promise<void> {
    const project = projects[layout];
    const { client } = world.cluster;
    await client.apply(definition(layout), parsed(crd(layout, "v1")), FIELD_MANAGER);
    await created(layout);
    await project.pulumi("stack", "init", "dev");
    const preview = await project.pulumi("preview");
    expect(preview).toContain("storage v1 → v2: one edit, then every API server must agree");
    expect(preview).toContain("v1 → v2: rewrite every object directly");
    await project.pulumi("up", "--yes", "--skip-preview");
    expect(JSON.parse(await project.pulumi("stack", "output", "--json"))).toEqual({
      storageVersion: "v2",
      storedVersions: ["v2"],
      objectsRewritten: 1,
    });
    expect(await world.stored(groupOf(layout), "databases")).toEqual({ "default/old": `${groupOf(layout)}/v2` });
    await project.pulumi("preview", "--expect-no-changes");
  }

  /** Established comes before the handler does. */
  async function created(layout: Layout): Promise<void> {
    const group = groupOf(layout);
    const body = { apiVersion: `${group}/v1`, kind: "Database", metadata: { name: "old" }, spec: { username: "u" } };
    const objects = `/apis/${group}/v1/namespaces/default/databases`;
    for (;;) {
      const { status } = await world.cluster.client.send("POST", objects, body);
      if (status === 201) return;
      if (status !== 404) throw new Error(`${objects}: ${status}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
});
