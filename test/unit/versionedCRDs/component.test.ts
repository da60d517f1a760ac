import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import type * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { VersionedCRDs, type VersionedCRDsArgs } from "../../../components";
import { chartArchive, chartFolder } from "../../shapes/chart";
import { manifest, withMetadata, withSpec } from "../fixtures";
import { known, ran } from "../program";

const databases = manifest("v1", "v2 storage");
const caches = withSpec(withMetadata(databases, { name: "caches.example.com" }), {
  names: { plural: "caches", kind: "Cache" },
});

let folder: string;
beforeEach(() => void (folder = fs.mkdtempSync(path.join(os.tmpdir(), "release-"))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const files = { "crds/databases.yaml": stringify(databases), "crds/caches.yaml": stringify(caches) };
const archive = (): string => chartArchive(chartFolder(folder, "platform", files));

async function registered(args: VersionedCRDsArgs) {
  let group: VersionedCRDs | undefined;
  const { resources } = await ran({}, {}, () => {
    group = new VersionedCRDs("platform", args);
    return Object.values(group.crds).flatMap((crd) => Object.values(crd.phases));
  });
  return { group, resources };
}

/** What it is refused with. */
async function refusal(args: VersionedCRDsArgs): Promise<string> {
  let said = "";
  await ran({}, {}, () => {
    try {
      new VersionedCRDs("platform", args);
    } catch (error) {
      said = (error as pulumi.ResourceError).message;
    }
    return [];
  });
  return said;
}

test("each CRD of a chart is a VersionedCRD below the group, named by the CRD: type tokens and names are public API", async () => {
  const { group, resources } = await registered({ files: [archive()] });
  const crds = [...resources.values()].filter(({ type }) => /:VersionedCRDs?$/.test(type));
  expect(crds.map(({ type, name, parent }) => `${type} ${name} ${parent}`)).toEqual([
    "kubernetes-storage-migration:index:VersionedCRDs platform ",
    "kubernetes-storage-migration:index:VersionedCRD platform-caches.example.com platform",
    "kubernetes-storage-migration:index:VersionedCRD platform-databases.example.com platform",
  ]);
  expect(Object.keys(group?.crds ?? {})).toEqual(["caches.example.com", "databases.example.com"]);
  expect(await known(group?.crds["caches.example.com"]?.crdName as pulumi.Output<string>)).toBe("caches.example.com");
});

test("the same CRDs from other files, in another order, register the same", async () => {
  const inputsOf = async (given: string[]) =>
    [...(await registered({ files: given })).resources.values()].map(({ name, inputs }) => [name, inputs]);
  const one = await inputsOf([archive()]);
  fs.writeFileSync(path.join(folder, "z.yaml"), stringify(caches));
  fs.writeFileSync(path.join(folder, "a.json"), JSON.stringify(databases));
  expect(await inputsOf([path.join(folder, "z.yaml"), path.join(folder, "a.json")])).toEqual(one);
});

test("arguments hold for all, those of `each` for one, and `skip` leaves one alone", async () => {
  const { resources } = await registered({
    files: [archive()],
    stopAfter: "migrate",
    takeOverFrom: ["helm"],
    each: { "databases.example.com": { stopAfter: "serve" } },
  });
  const held = (name: string) => resources.get(name)?.inputs["heldBy"];
  expect(held("platform-databases.example.com-store")).toBe("serve");
  expect(held("platform-caches.example.com-store")).toBeUndefined();
  expect(held("platform-caches.example.com-drop")).toBe("migrate");
  expect(resources.get("platform-caches.example.com-serve")?.inputs["takeOverFrom"]).toEqual(["helm"]);
  const rest = await registered({ files: [archive()], skip: ["caches.example.com"] });
  expect(Object.keys(rest.group?.crds ?? {})).toEqual(["databases.example.com"]);
});

test("what is undefined for one CRD does not lift what holds for all; what speaks of one CRD is not given for all", async () => {
  const { resources } = await registered({
    files: [archive()],
    stopAfter: "migrate",
    each: { "databases.example.com": { stopAfter: undefined } as never },
  });
  expect(resources.get("platform-databases.example.com-drop")?.inputs["heldBy"]).toBe("migrate");
  const acknowledge = [{ check: "version-dropped", path: "v1", reason: "all of them" }];
  expect(await refusal({ files: [archive()], acknowledge } as never)).toContain("acknowledge: given for all CRDs");
});

test("a name in `each` or `skip` that no file has, no files, and an unknown argument are refused", async () => {
  expect(await refusal({ files: [archive()], skip: ["cache.example.com"] })).toMatch(
    /not in the files:\n {4}skip: cache\.example\.com\n {2}expected: one of caches\.example\.com, databases\.example\.com/,
  );
  expect(await refusal({ files: [archive()], each: { "x.example.com": {} } })).toContain("each: x.example.com");
  const both = { skip: ["caches.example.com"], each: { "caches.example.com": {} } };
  expect(await refusal({ files: [archive()], ...both })).toContain("in `skip` and in `each`");
  expect(await refusal({ files: [] })).toContain("files is []");
  expect(await refusal({ files: ["nowhere.tgz"] })).toContain("nowhere.tgz: cannot be read (ENOENT)");
  expect(await refusal({ files: [archive()], stopafter: "migrate" } as never)).toContain("unknown argument stopafter");
});

test("a path without a CRD is refused beside a right one, and so is a CRD that two paths have", async () => {
  const wrong = path.join(folder, "secret.yaml");
  fs.writeFileSync(wrong, "kind: Secret\n");
  expect(await refusal({ files: [archive(), wrong] })).toMatch(/secret\.yaml: holds no CustomResourceDefinition, but/);
  const again = path.join(folder, "again.yaml");
  fs.writeFileSync(again, stringify(caches));
  expect(await refusal({ files: [archive(), again] })).toMatch(/caches\.example\.com is there twice/);
});
