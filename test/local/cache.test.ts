import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheRoot, cached, cachedAlready, damage, type Recipe } from "../../local/toolchain/cache";
import { digestOf } from "../../local/toolchain/digest";

let root: string;
let made: number;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cache-"));
  made = 0;
  jest.spyOn(console, "log").mockImplementation(() => undefined);
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(root, { recursive: true, force: true });
});

function recipe(key = "k1", text = "binary"): Recipe {
  return {
    name: "thing",
    key,
    make: async (folder) => {
      made++;
      await sleep(30);
      writeFileSync(join(folder, "thing"), text);
    },
  };
}

test("asked for twice => made once", async () => {
  const first = await cached(recipe(), root);
  expect(await cached(recipe(), root)).toBe(first);
  expect([made, readFileSync(join(first, "thing"), "utf8")]).toEqual([1, "binary"]);
});

test("asked for by several at the same time => made once", async () => {
  const folders = await Promise.all([1, 2, 3].map(() => cached(recipe(), root)));
  expect([made, new Set(folders).size]).toEqual([1, 1]);
});

test("other inputs => another folder beside the first", async () => {
  expect(await cached(recipe("k1"), root)).not.toBe(await cached(recipe("k2"), root));
  expect(made).toBe(2);
});

test.each([
  [
    "a byte changed",
    (folder: string) => writeFileSync(join(folder, "thing"), "binarz"),
    /thing: expected sha256 .*, found /,
  ],
  ["the file is gone", (folder: string) => rmSync(join(folder, "thing")), /thing: expected sha256 .*, found no file/],
  ["the record is gone", (folder: string) => rmSync(join(folder, "sha256.json")), /sha256.json is missing/],
  [
    "the record is cut short",
    (folder: string) => writeFileSync(join(folder, "sha256.json"), '{"thing'),
    /sha256.json is missing or unreadable/,
  ],
])("%s => said, and made again", async (_what, harm, finding) => {
  const folder = await cached(recipe(), root);
  harm(folder);
  expect(await damage(folder)).toMatch(finding);
  expect(await cachedAlready(recipe(), root)).toBeUndefined();
  await cached(recipe(), root);
  expect([made, await damage(folder)]).toEqual([2, undefined]);
  expect((console.log as jest.Mock).mock.calls.flat().join("\n")).toMatch(/is damaged \(.*\): making it again/);
});

test("making it fails => nothing is kept, and the next one tries again", async () => {
  await expect(cached({ ...recipe(), make: () => Promise.reject(new Error("disk full")) }, root)).rejects.toThrow(
    "disk full",
  );
  expect(readdirSync(root)).toEqual([]);
  await cached(recipe(), root);
  expect(made).toBe(1);
});

test("a maker was killed half way => its remains are swept, and never taken for the thing", async () => {
  const left = mkdtempSync(join(root, ".making-thing-"));
  writeFileSync(join(left, "thing"), "half");
  await cached(recipe(), root);
  expect(readdirSync(root)).toEqual(["thing-k1"]);
});

test("the cache lies where the environment says: own variable, XDG, home", () => {
  expect(cacheRoot({ STORAGE_MIGRATION_CACHE: "/x", XDG_CACHE_HOME: "/y" })).toBe("/x");
  expect(cacheRoot({ XDG_CACHE_HOME: "/y" })).toBe("/y/pulumi-kubernetes-storage-migration");
  expect(cacheRoot({})).toMatch(/\.cache\/pulumi-kubernetes-storage-migration$/);
});

test("a key names the bytes of the inputs and the facts around them", () => {
  const file = join(root, "input");
  writeFileSync(file, "1");
  const before = digestOf([file], ["linux"]);
  expect(digestOf([file], ["linux"])).toBe(before);
  expect(digestOf([file], ["darwin"])).not.toBe(before);
  writeFileSync(file, "2");
  expect(digestOf([file], ["linux"])).not.toBe(before);
});
