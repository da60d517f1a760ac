import { noteWayBack } from "../../../components/versionedCRD/serve/noteWayBack";
import { prunesNothing } from "../../../components/versionedCRD/checks/prunesNothing";
import { CRD, manifest, schema, version, withStored, withWebhook } from "../fixtures";

const old = version("v1", schema("host"));
const newer = version("v2", schema("host", "tier"));
const stored = { ...newer, storage: true };
const back = { ...old, storage: true };
const live = withStored(manifest(old, stored), "v1", "v2");
const asks = `kubernetes-storage-migration rollback ${CRD} --to v1`;

test("storage goes back to an older version: the fields that only the newer one holds, and the command that tells more", () => {
  expect(noteWayBack(withWebhook(manifest(back, newer)), live)).toEqual([
    `back from v2 to v1: only v2 holds .spec.tier, and the webhook decides what becomes of it; ${asks} tells more`,
  ]);
});

test("an older version that holds every field is said to", () => {
  expect(noteWayBack(manifest(version("v1 storage", schema("host", "tier")), newer), live)).toEqual([
    `back from v2 to v1, whose schema holds every field of v2; ${asks} tells more`,
  ]);
});

test("a manifest without a newer version in which objects may be stored goes back as well", () => {
  const flipped = withStored(manifest(back, newer), "v1", "v2");
  expect(noteWayBack(manifest(back), flipped)).toEqual([
    `back from v2 to v1: only v2 holds .spec.tier; ${asks} tells more`,
  ]);
  expect(noteWayBack(manifest(back), withStored(flipped, "v1"))).toEqual([]);
});

test.each([
  ["there is no CRD yet", manifest(old, stored), undefined],
  ["nothing moves", manifest(old, stored), live],
  ["it goes on to the next version", manifest(old, stored), withStored(manifest(back), "v1")],
  ["the older version is dropped", manifest(stored), live],
])("nothing is said where %s", (_, wanted, there) => {
  expect(noteWayBack(wanted, there)).toEqual([]);
});

test("five fields are named, the rest counted", () => {
  const many = version("v2 storage", schema("host", "a", "b", "c", "d", "e", "f", "g"));
  expect(noteWayBack(manifest(back, newer), withStored(manifest(old, many), "v2"))[0]).toContain(
    "only v2 holds .spec.a, .spec.b, .spec.c, .spec.d, .spec.e, … and 2 more;",
  );
});

test("with conversion None the refusal names the command, on the way back alone", () => {
  const refusals = (there: typeof live): string => prunesNothing(manifest(back, newer), there).join("\n");
  expect(refusals(live)).toContain(`or give a conversion webhook; ${asks} counts the objects that have them`);
  expect(refusals(withStored(manifest(back), "v1"))).toMatch(/or give a conversion webhook$/);
});
