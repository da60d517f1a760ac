import { spawnSync } from "child_process";
import * as fs from "fs";
import * as path from "path";
import { parse } from "yaml";
import {
  rightsForConversionWebhook,
  rightsForDrop,
  rightsForOwnAuthority,
  rightsForPreview,
  rightsForProtection,
  rightsForUp,
} from "../../components";
import { checkStackConfig } from "../../config";
import { checkout } from "../../local/checkout";
import { findPulumi } from "../../local/toolchain/pulumi";
import { pulumiSettings } from "../../local/toolchain/pulumiSettings";
import { startWorld, type World } from "./harness";
import { tutorialPlan } from "./selfies";

jest.setTimeout(120_000);

const databases = { group: "example.com", plural: "databases" };

/** The code block of a language, and of the comment on its first line where that is given. */
function block(language: string, comment = "", page = "README.md"): string {
  const text = fs.readFileSync(checkout(page), "utf8");
  const found = [...text.matchAll(/```(\w+)\n([^]*?)```/g)]
    .filter((match) => match[1] === language)
    .map((match) => match[2] ?? "")
    .find((text) => comment === "" || text.startsWith(`# ${comment}\n`));
  if (found === undefined) throw new Error(`${page} has no ${language} block ${comment}`);
  return found;
}

describe("what the README shows is so", () => {
  test("the preview is the one that the tutorial's CRD gives", () => {
    const shown = block("text");
    for (const sentence of Object.values(tutorialPlan("https://127.0.0.1:9443/convert")).flat()) {
      expect(shown).toContain(`    ${sentence}\n`);
    }
  });

  test("the rights are those that the package names", () => {
    expect(parse(block("yaml", "preview", "docs/rights.md"))).toEqual(rightsForPreview([databases]));
    expect(parse(block("yaml", "up", "docs/rights.md"))).toEqual(rightsForUp([databases]));
    expect(parse(block("yaml", "drop", "docs/rights.md"))).toEqual(rightsForDrop());
    expect(parse(block("yaml", "protection", "docs/protecting.md"))).toEqual(rightsForProtection([databases]));
    const webhook = { namespace: "platform", name: "databases-conversion" };
    expect(parse(block("yaml", "webhook", "docs/conversion.md"))).toEqual(rightsForConversionWebhook(webhook));
    expect(parse(block("yaml", "own authority", "docs/conversion.md"))).toEqual(rightsForOwnAuthority());
  });

  test("the stack configuration is a valid one", () => {
    const { config } = parse(block("yaml", "stack configuration", "docs/configuration.md")) as {
      config: Record<string, unknown>;
    };
    const own = Object.entries(config).map(([key, value]) => [key.replace("storage-migration:", ""), value] as const);
    expect(checkStackConfig(Object.fromEntries(own))).toEqual([]);
  });

  describe("the eight-line program", () => {
    let world: World;
    let dir: string;

    beforeAll(async () => {
      world = await startWorld([databases]);
      dir = path.join(path.dirname(world.cluster.dir), "own");
      fs.mkdirSync(path.join(dir, "crds"), { recursive: true });
      fs.mkdirSync(path.join(dir, "node_modules"));
      fs.symlinkSync(checkout(), path.join(dir, "node_modules", "pulumi-kubernetes-storage-migration"));
      fs.symlinkSync(checkout("node_modules", "@pulumi"), path.join(dir, "node_modules", "@pulumi"));
      fs.copyFileSync(checkout("examples", "databases", "v1.yaml"), path.join(dir, "crds", "databases.yaml"));
      fs.writeFileSync(path.join(dir, "Pulumi.yaml"), "name: own\nruntime: nodejs\n");
      fs.writeFileSync(path.join(dir, "package.json"), '{ "name": "own" }\n');
      fs.writeFileSync(path.join(dir, "index.ts"), block("ts"));
    });
    afterAll(() => world.end());

    test("has eight lines and previews against one's own cluster with the read rights alone", async () => {
      expect(block("ts").trimEnd().split("\n")).toHaveLength(8);
      const rules = parse(block("yaml", "preview", "docs/rights.md")) as Parameters<
        World["cluster"]["userKubeconfig"]
      >[1];
      const env = {
        ...process.env,
        KUBECONFIG: await world.cluster.userKubeconfig("readme", rules),
        ...pulumiSettings(await findPulumi(), dir),
      };
      const pulumi = (...args: string[]) =>
        spawnSync("pulumi", [...args, "--non-interactive"], { cwd: dir, env, encoding: "utf8" });
      expect(pulumi("stack", "init", "own").status).toBe(0);
      const { stdout, stderr } = pulumi("preview");
      expect(stdout + stderr).toContain(
        "(none) → databases.example.com: create with v1 (served, storage); conversion None",
      );
      expect(stdout).toMatch(/\+ 7 to create/);
    });
  });
});
