import Ajv from "ajv";
import { runCommand } from "../runCommand";
import { databases, files, type Files } from "./manifests";

let here: Files;
beforeAll(() => void (here = files()));
afterAll(() => here.remove());

const ports = (maximum: number) =>
  databases({
    hosts: { type: "array", items: { type: "object", properties: { port: { type: "integer", maximum } } } },
  });
const fields = (maximum: number, length: number) =>
  databases(Object.fromEntries(Array.from({ length }, (_, n) => [`f${n}`, { type: "integer", maximum }])));

const check = (old: string, next: string, ...options: string[]) =>
  runCommand("check", here.write("old.yaml", old), here.write("new.yaml", next), ...options);

test("--json: every finding with its CRD, sorted, and the same exit code", async () => {
  const { code, out } = await check(fields(9, 40), fields(5, 40), "--json");
  expect(code).toBe(1);
  const { findings } = JSON.parse(out) as { findings: { path: string }[] };
  expect(findings).toHaveLength(40);
  expect(Object.keys(findings[0] ?? {})).toEqual(["crd", "check", "path", "severity", "what", "why", "fix"]);
  expect(findings.map(({ path }) => path)).toEqual(findings.map(({ path }) => path).sort());
  expect((await check(ports(9), ports(9), "--json")).out).toBe('{\n  "findings": []\n}\n');
});

describe("--markdown", () => {
  test("a table whose every row has four cells, with nothing of the manifest taken for markup", async () => {
    const hostile = { "a|b`*<img>": { type: "string", enum: ["a|b", "@root", "*x*", "<b>"] } };
    const { code, out } = await check(
      databases(hostile),
      databases({ "a|b`*<img>": { type: "string", enum: ["a|b"] } }),
      "--markdown",
    );
    expect(code).toBe(1);
    const [heading, , ...table] = out.trimEnd().split("\n");
    expect(heading).toBe("**CRD compatibility:** 1 error; 1 CRD compared");
    expect(table.map((line) => line.replace(/\\./g, "").split("|").length)).toEqual([6, 6, 6]);
    const texts = table[2]?.replace(/`[^`]*`/g, "") ?? "";
    expect(texts).not.toMatch(/@\w|(?<!\\)[*]|(?<!\\)<(?!br>|!-- -->)/);
  });

  test("fits a comment of 65,536 characters, and says how many findings do not", async () => {
    const { out } = await check(fields(9, 2000), fields(5, 2000), "--markdown");
    expect(out.length).toBeLessThan(65_536);
    expect(out.length).toBeGreaterThan(64_000);
    const shown = out.match(/^\| error /gm)?.length ?? 0;
    expect(out).toMatch(new RegExp(`\\n… and ${2000 - shown} more\\n$`));
  });

  test("without findings: one line", async () => {
    expect((await check(ports(9), ports(9), "--markdown")).out).toBe(
      "**CRD compatibility:** no findings; 1 CRD compared\n",
    );
  });
});

/** The parts of SARIF 2.1.0 that are used here, with the demands of the standard (3.13–3.52) and of GitHub's upload. */
const text = { type: "object", required: ["text"], properties: { text: { type: "string", minLength: 1 } } };
const closed = (properties: Record<string, object>, ...required: string[]) => ({
  ...{ type: "object", additionalProperties: false, properties },
  required,
});
const level = { enum: ["error", "warning", "note", "none"] };
const SARIF = closed(
  {
    $schema: { type: "string" },
    version: { const: "2.1.0" },
    runs: {
      type: "array",
      items: closed(
        {
          tool: closed(
            {
              driver: closed(
                {
                  name: { type: "string" },
                  rules: {
                    type: "array",
                    uniqueItems: true,
                    items: closed(
                      {
                        id: { type: "string" },
                        ...{ shortDescription: text, fullDescription: text, help: text },
                        defaultConfiguration: closed({ level }),
                      },
                      "id",
                    ),
                  },
                },
                "name",
              ),
            },
            "driver",
          ),
          columnKind: { enum: ["utf16CodeUnits", "unicodeCodePoints"] },
          results: {
            type: "array",
            items: closed(
              {
                ...{ ruleId: { type: "string" }, ruleIndex: { type: "integer", minimum: 0 }, level, message: text },
                locations: {
                  type: "array",
                  minItems: 1,
                  items: closed({
                    physicalLocation: closed(
                      {
                        artifactLocation: closed({ uri: { type: "string" }, uriBaseId: { type: "string" } }, "uri"),
                        region: closed({ startLine: { type: "integer", minimum: 1 } }, "startLine"),
                      },
                      "artifactLocation",
                    ),
                    logicalLocations: { type: "array", items: closed({ fullyQualifiedName: { type: "string" } }) },
                  }),
                },
                suppressions: {
                  type: "array",
                  items: closed(
                    { kind: { enum: ["inSource", "external"] }, justification: { type: "string" } },
                    "kind",
                  ),
                },
              },
              ...["ruleId", "level", "message", "locations"],
            ),
          },
        },
        ...["tool", "results"],
      ),
    },
  },
  ...["version", "runs"],
);

interface Sarif {
  runs: {
    tool: { driver: { rules: { id: string }[] } };
    results: {
      ruleId: string;
      ruleIndex: number;
      locations: {
        physicalLocation?: { artifactLocation: { uri: string; uriBaseId?: string }; region: { startLine: number } };
      }[];
    }[];
  }[];
}

describe("--sarif", () => {
  const isSarif = new Ajv().compile<Sarif>(SARIF);

  async function sarif(old: string, next: string): Promise<Sarif["runs"][number]> {
    const read: unknown = JSON.parse((await check(old, next, "--sarif")).out);
    expect(isSarif(read) ? [] : isSarif.errors).toEqual([]);
    return (read as Sarif).runs[0] as Sarif["runs"][number];
  }

  test("has the form of the standard, and a rule for each check that found something", async () => {
    const { tool, results } = await sarif(`${fields(9, 3)}---\n${databases({}, "caches")}`, fields(5, 3));
    expect(tool.driver.rules.map(({ id }) => id).sort()).toEqual(["crd-removed", "maximum-lowered"]);
    expect(results).toHaveLength(4);
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    expect((await sarif(fields(9, 3), fields(9, 3))).results).toEqual([]);
  });

  test("a finding stands in NEW's file, on the line of the node", async () => {
    const next = `# a comment\nkind: Service\n---\n${ports(5)}`;
    const { results } = await sarif(ports(9), next);
    const place = results[0]?.locations[0]?.physicalLocation;
    expect(place?.artifactLocation.uri).toMatch(/^file:\/\/\/.*\/new.yaml$/);
    expect(next.split("\n").slice((place?.region.startLine ?? 0) - 1)[0]).toContain("type: integer");
  });

  test("in the current folder its path is relative, as code scanning needs it", async () => {
    const start = process.cwd();
    process.chdir(here.folder);
    const { out } = await runCommand(
      "check",
      here.write("old.yaml", ports(9)),
      here.write("my crds/new.yaml", ports(5)),
      "--sarif",
    );
    process.chdir(start);
    const place = (JSON.parse(out) as Sarif).runs[0]?.results[0]?.locations[0]?.physicalLocation;
    expect(place?.artifactLocation).toEqual({ uri: "my%20crds/new.yaml", uriBaseId: "%SRCROOT%" });
  });

  test("a field that was removed stands on the line of what it was in; a CRD that was removed in OLD", async () => {
    const next = databases({ host: { type: "string" } });
    const [gone] = (await sarif(databases({ host: { type: "string" }, port: { type: "integer" } }), next)).results;
    const line = gone?.locations[0]?.physicalLocation?.region.startLine ?? 0;
    expect(
      next
        .split("\n")
        .slice(line - 2, line)
        .join("\n"),
    ).toContain("spec:");
    const [removed] = (await sarif(`${next}---\n${databases({}, "caches")}`, next)).results;
    expect(removed?.locations[0]?.physicalLocation?.artifactLocation.uri).toMatch(/old.yaml$/);
  });
});

test("the same input gives the same bytes", async () => {
  for (const format of ["--all", "--json", "--markdown", "--sarif"]) {
    const [first, second] = [
      await check(fields(9, 30), fields(5, 30), format),
      await check(fields(9, 30), fields(5, 30), format),
    ];
    expect(second.out).toBe(first.out);
  }
});
