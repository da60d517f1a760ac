import { execFileSync } from "child_process";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { parse } from "yaml";
import {
  planDistribute,
  planRotationMigrate,
  planPromote,
  planRetire,
} from "../../../components/encryptionKeyRotation/plan";
import { rightsForRotation, rightsForRotationPreview } from "../../../components/kubernetes/rights/rotationRights";
import { checkStackConfig } from "../../../config";
import { entry, file, want } from "./situations";

/** docs/rotation.md: what it shows is so. */
const guide = fs.readFileSync("docs/rotation.md", "utf8");
const secretsAndDatabases = { resources: ["secrets", "databases.example.com"] };

function block(language: string, comment: string): string {
  const blocks = [...guide.matchAll(/```(\w+)\n([^]*?)```/g)].filter((match) => match[1] === language);
  const found = blocks.find((match) => match[2]?.startsWith(`# ${comment}\n`));
  if (found?.[2] === undefined) throw new Error(`docs/rotation.md has no ${language} block ${comment}`);
  return found[2];
}

test("the rights are those that the package names", () => {
  expect(parse(block("yaml", "rotation preview"))).toEqual(rightsForRotationPreview(secretsAndDatabases));
  expect(parse(block("yaml", "rotation up"))).toEqual(rightsForRotation(secretsAndDatabases));
});

test("the stack configuration is a valid one", () => {
  const { config } = parse(block("yaml", "stack configuration")) as { config: Record<string, unknown> };
  const own = Object.entries(config).map(([key, value]) => [key.replace("storage-migration:", ""), value]);
  expect(checkStackConfig(Object.fromEntries(own) as Record<string, unknown>)).toEqual([]);
});

test("the README's plan is that of its rotation", () => {
  const readme = fs.readFileSync("README.md", "utf8");
  const live = file(entry("secrets databases.example.com", "secretbox:2026-08"));
  const desired = want("secrets databases.example.com", "secretbox:2026-11", "", ["2026-08"]);
  const how = "by a StorageVersionMigration (storagemigration.k8s.io/v1), then by our own pass";
  const facts = { resources: ["secrets", "databases.example.com"], proven: [], how };
  const plan = [
    ...planDistribute(live, desired),
    ...planPromote(live, desired),
    ...planRotationMigrate(live, desired, facts),
    ...planRetire(live, desired),
  ];
  expect(readme).toContain("```\n" + plan.join("\n") + "\n```");
});

describe("the pipeline's shell", () => {
  /** Answers `config get` from the environment and writes down everything else it is asked for. */
  const stand =
    '#!/bin/sh\nif [ "$1 $2" = "config get" ]; then case "$4" in *.write) echo "$WRITE";; *) [ -n "$ARCHIVE" ] && echo "$ARCHIVE" || exit 1;; esac; else echo "$@" >>"$ASKED"; fi\n';

  function run(environment: Record<string, string>): string[] {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), "pipeline-"));
    const asked = path.join(dir, "asked");
    for (const [name, text] of Object.entries({
      pulumi: stand,
      git: "#!/bin/sh\n",
      date: "#!/bin/sh\necho 2027-02\n",
      jq: `#!/bin/sh\nexec "${process.execPath}" -e 'const t = fs.readFileSync(0, "utf8"); if (t) console.log(JSON.parse(t).length)'\n`,
    }))
      fs.writeFileSync(path.join(dir, name), text, { mode: 0o755 });
    const env = { ...process.env, ...environment, PATH: `${dir}:${process.env["PATH"]}`, ASKED: asked };
    execFileSync("bash", ["-e", "-c", block("sh", "each quarter, in the pipeline")], { env });
    const lines = fs.readFileSync(asked, "utf8").trim().split("\n");
    fs.rmSync(dir, { recursive: true });
    return lines.filter((line) => line.startsWith("config"));
  }

  test("names the next key, and puts the one before at the end of the archive", () => {
    expect(run({ WRITE: "2026-11", ARCHIVE: '["2026-05","2026-08"]' })).toEqual([
      "config set --path rotations[0].keys.archive[2] 2026-11",
      "config set --path rotations[0].keys.write 2027-02",
    ]);
    expect(run({ WRITE: "2026-11", ARCHIVE: "" })).toContain("config set --path rotations[0].keys.archive[0] 2026-11");
  });

  test("run again within the month, it changes nothing", () => {
    expect(run({ WRITE: "2027-02", ARCHIVE: '["2026-11"]' })).toEqual([]);
  });
});
