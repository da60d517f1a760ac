import { stringify } from "yaml";
import type { Definition, Schema } from "../../../../components/crd/definition";
import { manifest, version, webhook, withSpec } from "../../fixtures";
import { files, type Files } from "../check/manifests";
import { runCommand } from "../runCommand";

let here: Files;
beforeAll(() => void (here = files()));
afterAll(() => here.remove());

async function notes(old: Definition[], next: Definition[], ...options: string[]): Promise<string> {
  const write = (name: string, crds: Definition[]) => here.write(name, crds.map((crd) => stringify(crd)).join("---\n"));
  const { code, out, err } = await runCommand("notes", write("old.yaml", old), write("new.yaml", next), ...options);
  expect([code, err]).toEqual([0, ""]);
  return out;
}

const spec = (properties: Record<string, Schema>, required: string[] = []): Schema => ({
  type: "object",
  properties: { spec: { type: "object", properties, ...(required.length > 0 && { required }) } },
});
const text: Schema = { type: "string" };

test("nothing changed => it says so; texts alone are no change", async () => {
  const old = manifest(version("v1 storage", spec({ host: text })));
  expect(await notes([old], [old])).toBe("No CRD changed.\n");
  const described = manifest(version("v1 storage", spec({ host: { ...text, description: "where it runs" } })));
  expect(await notes([old], [described])).toBe("No CRD changed.\n");
});

test("a new version is compared with the one before it, field by field", async () => {
  const address = { ...text, description: "where it runs" };
  const v1 = spec(
    { addr: address, port: { type: "integer", maximum: 9 }, engine: { ...text, enum: ["a", "b"] }, size: text },
    ["port"],
  );
  const v2 = spec(
    {
      address,
      port: { type: "integer", maximum: 5, default: 1 },
      engine: { ...text, enum: ["b", "c"] },
      replicas: { type: "array", items: { type: "object", properties: { zone: text } } },
    },
    ["engine"],
  );
  const next = withSpec(manifest(version("v1", v1), version("v2 storage", v2)), { conversion: webhook() });
  expect(await notes([manifest(version("v1 storage", v1))], [next])).toBe(
    `## databases.example.com

Conversion: None → Webhook https://convert.example.com/

### v2: added, served, storage

Against v1:

- Added: \`spec.address\`: string
- Added: \`spec.replicas\`: list of object
- Removed: \`spec.addr\`: string; maybe renamed to spec.address: same type and description
- Removed: \`spec.size\`: string
- Changed: \`spec.engine\`: enum with "c", without "a", now required
- Changed: \`spec.port\`: maximum 9 → 5, no longer required
- Default: \`spec.port\`: none → 1
- Version: v2 fits: 5 changes would break clients of v1.
- Version: storage moves v1 → v2 in the release that adds v2: one that serves both should come before.

### v1: no longer storage
`,
  );
});

test("CRDs that are added or removed are named with their versions", async () => {
  const [databases, caches] = [
    manifest("v1 storage"),
    {
      ...withSpec(manifest("v1 storage"), { names: { plural: "caches", kind: "Cache" } }),
      metadata: { name: "caches.example.com" },
    },
  ];
  expect(await notes([databases], [databases, caches])).toBe(
    "## caches.example.com: added\n\n### v1: served, storage\n",
  );
  expect(await notes([databases, caches], [databases])).toBe(
    "## caches.example.com: removed\n\n### v1: served, storage\n",
  );
});

test("versions that are deprecated, no longer served, and gone", async () => {
  const old = manifest("v1beta1", "v1", "v2 storage");
  const next = manifest({ ...version("v1"), deprecated: true }, "v2 storage");
  const out = await notes([old], [next]);
  expect(out).toContain("### v1: now deprecated\n");
  expect(out).toContain(
    "### v1beta1: removed\n\n- Version: v1beta1 was served and not deprecated: its clients were not warned.\n",
  );
  expect(await notes([old], [manifest("v1beta1 unserved", "v1", "v2 storage")])).toContain(
    "### v1beta1: no longer served\n",
  );
  expect(await notes([manifest("v1alpha1", "v1 storage")], [manifest("v1 storage")])).not.toContain("Version:");
});

test("the one before it is the newest of the older ones, in whatever order the manifest names them", async () => {
  const old = manifest("v1beta1", "v1 storage", "v1alpha1");
  for (const versions of [
    ["v2", "v1beta1", "v1 storage", "v1alpha1"],
    ["v1alpha1", "v1 storage", "v1beta1", "v2"],
  ]) {
    expect(await notes([old], [manifest(...versions)])).toContain("### v2: added, served\n\nThe same fields as v1.\n");
  }
  const gone = await notes([manifest("v1alpha1", "v1 storage")], [manifest("v1alpha1", "v2 storage")]);
  expect(gone).toContain("The same fields as v1.\n");
});

const plain = spec({ host: text });
const other = spec({ address: text });

describe("the name of a new version", () => {
  test.each([
    ["v1", "v2", other, "v2 fits: one change would break clients of v1"],
    ["v1", "v2", plain, "v2 was not needed: no change would break clients of v1, which could have taken them"],
    ["v1", "v3", other, "v3 leaves out v2"],
    ["v1", "v2alpha1", plain, "v2alpha1 fits: it may still change on its way to v2"],
    ["v1alpha1", "v1beta1", other, "v1beta1 fits: it may change what v1alpha1 has"],
    ["v1beta1", "v1", plain, "v1 fits: it may change what v1beta1 has"],
    ["v1beta1", "v2", other, "v2 leaves out v1: v1beta1 never became stable"],
    ["v1", "v1beta1", plain, "v1beta1 comes before v1, which is there already: a new version should be the newest"],
    ["v1", "next", plain, "next is not of the form v1, v1beta1, v1alpha1: clients sort it after all that are"],
    ["first", "v1", plain, "v1 fits: first is not of the form v1, v1beta1, v1alpha1"],
    ["v9", "v10", other, "v10 fits: one change would break clients of v9"],
  ])("%s → %s", async (old, next, schema, said) => {
    const before = version(`${old} storage`, plain);
    const out = await notes([manifest(before)], [manifest(before, version(next, schema))]);
    expect(out).toContain(`- Version: ${said}.\n`);
  });
});

describe("a version that keeps its name", () => {
  test.each([
    ["v1", "one change would break clients of v1: needs a new version, v2"],
    ["v1beta1", "one change would break clients of v1beta1: needs a new version, v1beta2"],
    ["v1alpha1", "one change would break clients: an alpha version may do so"],
    ["first", "one change would break clients of first: needs a new version"],
  ])("%s with a field removed", async (name, said) => {
    const of = (schema: Schema) => [manifest(version(`${name} storage`, schema))];
    expect(await notes(of(plain), of(other))).toContain(`- Version: ${said}.\n`);
    expect(await notes(of(plain), of(spec({ host: text, port: text })))).not.toContain("Version:");
  });
});

test("--json: the same for programs", async () => {
  const out = await notes([manifest(version("v1 storage", plain))], [manifest(version("v1 storage", other))], "--json");
  expect(JSON.parse(out)).toEqual({
    crds: [
      {
        crd: "databases.example.com",
        versions: [
          {
            version: "v1",
            is: [],
            schema: {
              added: [{ path: "spec.address", note: "string" }],
              removed: [{ path: "spec.host", note: "string" }],
              changed: [],
              defaults: [],
            },
            rules: ["one change would break clients of v1: needs a new version, v2"],
          },
        ],
      },
    ],
  });
});

test("unusable input => exit code 2", async () => {
  expect(await runCommand("notes", "none.yaml", "none.yaml")).toMatchObject({ code: 2, out: "" });
});
