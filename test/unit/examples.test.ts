import * as fs from "fs";
import * as path from "path";
import * as pulumi from "@pulumi/pulumi";
import { loadConversion } from "../../components/conversionWebhook/loadConversion";
import { readManifest } from "../../components/crd/manifest";
import { conversionCovers } from "../../components/versionedCRD/checks/conversionCovers";
import { checkout } from "../../local/checkout";
import { runCommand } from "./command/runCommand";

// The first one loads the SDKs as well.
jest.setTimeout(60_000);

/** Those of conversions; examples/pipeline has none. */
const examples = fs
  .readdirSync(checkout("examples"))
  .filter((name) => name !== "pipeline")
  .sort();
const here = process.cwd();
afterEach(() => process.chdir(here));

/** Runs an example's program in its folder, with the engine's answers mocked; gives what it makes, as `Type name`. */
async function program(folder: string): Promise<string[]> {
  const made: string[] = [];
  await pulumi.runtime.setMocks(
    {
      call: () => ({}),
      newResource: ({ type, name, inputs }) => {
        made.push(`${type.split(":").at(-1)} ${name}`);
        const answers = { cert: "CERT", key: "KEY", caBundle: "CA", base64: Buffer.alloc(32, 1).toString("base64") };
        return { id: name, state: { ...(inputs as object), ...answers } };
      },
    },
    "program",
    "dev",
    false,
    "acme",
  );
  process.chdir(folder);
  jest.requireActual(path.join(folder, "index.ts"));
  await new Promise((resolve) => setTimeout(resolve, 200));
  return made;
}

test("there are the four", () => expect(examples).toEqual(["backups", "certificates", "databases", "selfierequests"]));

describe.each(examples)("examples/%s", (example) => {
  const folder = checkout("examples", example);
  const files = fs.readdirSync(folder);
  const manifests = files.filter((file) => file.endsWith(".yaml"));

  test("its program makes the webhook and the rollout, its laws tried", async () => {
    const made = await program(folder);
    expect(made).toEqual(
      expect.arrayContaining([
        `ConversionWebhook ${example}-conversion`,
        `Deployment ${example}-conversion`,
        `VersionedCRD ${example}`,
        `Serve ${example}-serve`,
        `Migrate ${example}-migrate`,
      ]),
    );
  });

  test("its conversion speaks of every one of its manifests", () => {
    const conversion = loadConversion(path.join(folder, "conversion.ts"));
    const problems = manifests.map((file) => conversionCovers(readManifest(path.join(folder, file)), conversion));
    expect(problems.flat()).toEqual([]);
    expect(manifests.length).toBeGreaterThan(1);
  });

  if (files.includes("schemas.ts")) {
    test("its schemas are what the command writes of its manifest", async () => {
      const out = path.join("examples", example, "schemas.ts");
      const [, manifest = ""] = /from (\S+) by/.exec(fs.readFileSync(out, "utf8")) ?? [];
      expect(await runCommand("schemas", manifest, "--out", out, "--check")).toEqual({ code: 0, out: "", err: "" });
    });
  }

  test("its README names its files, and no others", () => {
    const readme = fs.readFileSync(path.join(folder, "README.md"), "utf8");
    const named = [...readme.matchAll(/\]\((?!\.\.)([^)]+)\)/g)].map((match) => match[1]);
    expect([...new Set(named)].sort()).toEqual(files.filter((file) => file !== "README.md").sort());
  });
});

test("the conversion that docs/conversion.md shows whole is the example's", () => {
  const shown = [...fs.readFileSync(checkout("docs/conversion.md"), "utf8").matchAll(/```typescript\n([^]*?)```/g)];
  expect(shown[0]?.[1]).toBe(fs.readFileSync(checkout("examples", "selfierequests", "conversion.ts"), "utf8"));
});
