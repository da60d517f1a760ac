import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { CliProgram } from "./cli";

jest.setTimeout(120_000);

/** index.ts, run by the real CLI from stack configuration alone. */
describe("the program refuses a configuration it does not know, and names the key", () => {
  let program: CliProgram;

  beforeAll(async () => {
    program = await CliProgram.create("program");
  });
  afterAll(() => program.end());

  const preview = (values: Record<string, unknown>): Promise<string> => {
    program.configure(values);
    return program.refused("preview");
  };

  test("a mistyped key at the top", async () => {
    expect(await preview({ crd: [] })).toMatch(/unknown key crd; expected one of cluster, crds, rotations/);
  });

  test("a mistyped key in an entry", async () => {
    const output = await preview({ crds: [{ name: "a", file: "b", stopafter: "migrate" }] });
    expect(output).toMatch(/crds\.0 \(a\): unknown key stopafter; expected one of name, file/);
  });

  test("a value that is not one of the phases", async () => {
    const output = await preview({ crds: [{ name: "a", file: "b", stopAfter: "migration" }] });
    expect(output).toMatch(
      /crds\.0 \(a\)\.stopAfter: found "migration"; expected one of serve, rehearse, store, migrate, drop/,
    );
  });

  test("a mistyped key, and a resource that the API server would refuse, in a rotation", async () => {
    const rotation = { name: "a", resources: ["*"], keys: { write: "identity" }, targets: [{ file: "b" }] };
    expect(await preview({ rotations: [{ ...rotation, stopafter: "migrate" }] })).toMatch(
      /rotations\.0 \(a\): unknown key stopafter; expected one of name, resources, keys/,
    );
    expect(await preview({ rotations: [rotation] })).toMatch(/resources\[0\]: found "\*"; expected \*\. for every/);
  });

  test("a manifest that is no YAML: file and line", async () => {
    const file = path.join(os.tmpdir(), `storage-migration-broken-${process.pid}.yaml`);
    fs.writeFileSync(file, "apiVersion: v1\nkind: [CustomResourceDefinition\nmetadata: {\n");
    const output = await preview({ crds: [{ name: "a", file }] });
    fs.rmSync(file);
    expect(output).toMatch(/broken-\d+\.yaml:3:\d+: not valid YAML/);
  });

  test("a manifest that is not there", async () => {
    const output = await preview({ crds: [{ name: "a", file: "crds/none.yaml" }] });
    expect(output).toMatch(/crds\/none\.yaml: cannot be read \(ENOENT\)/);
    expect(output).not.toMatch(/at readManifest|at Object/);
  });

  test("a manifest that is not a CRD", async () => {
    const output = await preview({ crds: [{ name: "a", file: "Pulumi.dev.yaml" }] });
    expect(output).toMatch(/Pulumi\.dev\.yaml: holds no CustomResourceDefinition/);
  });
});
