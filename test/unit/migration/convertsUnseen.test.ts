import type { Definition } from "../../../components/crd/definition";
import { OUTLIVED_ANNOTATION } from "../../../components/crd/names";
import {
  whatIsConvertedUnseen,
  whatRewriteMayLose,
  whyLostUnseen,
} from "../../../components/migration/definition/convertsUnseen";
import { decideForeignPlan } from "../../../components/migration/foreign/plan";
import { describeProblem } from "../../../components/kubernetes/problem";
import { manifest, schema, version, withMetadata, withStored, withWebhook } from "../fixtures";

const LOST = "objects may be stored in v1, and v2's schema lacks .spec.port of it";
const CONVERTED = "objects may be stored in v1, which a webhook converts to v2";
const UNSEEN = "objects may be stored in v1, which is not served, and a webhook converts them to v2";
/** v1 has a field that v2 lacks. */
const losing = (words: string, ...stored: string[]): Definition =>
  withStored(manifest(version(words, schema("host", "port")), "v2 storage"), ...stored);

test.each<[string, Definition, string | undefined, string | undefined]>([
  ["nothing is stored in another version", losing("v1", "v2"), undefined, undefined],
  ["no schema lacks anything", withStored(manifest("v1 unserved", "v2 storage"), "v1", "v2"), undefined, undefined],
  ["the older version is served, so that a rehearsal sees it", losing("v1", "v1", "v2"), LOST, undefined],
  ["the older version is not served", losing("v1 unserved", "v1", "v2"), LOST, LOST],
  ["a webhook converts", withWebhook(losing("v1", "v1", "v2")), CONVERTED, undefined],
  ["a webhook converts what is not served", withWebhook(losing("v1 unserved", "v1", "v2")), CONVERTED, UNSEEN],
])("%s", (_, live, converted, lost) => {
  expect(whatIsConvertedUnseen(live)).toBe(converted);
  expect(whyLostUnseen(live)?.what).toBe(lost && `databases.example.com: ${lost}`);
  expect(whatRewriteMayLose(live)).toBe(converted);
});

test("objects that may be stored in any version are not taken for what storedVersions says", () => {
  const live = withMetadata(losing("v1", "v2"), { uid: "u", annotations: { [OUTLIVED_ANNOTATION]: "u" } });
  expect(whatIsConvertedUnseen(live)).toBe(LOST);
});

test("an object is rewritten in place through the storage version alone: where that is not served, it is not", () => {
  const live = withStored(manifest("v1", "v2 storage unserved"), "v2");
  expect(whatRewriteMayLose(live)).toBe("the storage version v2 is not served");
});

test("migrate refuses what no rehearsal can see, and only that", () => {
  const refusal = (live: Definition): string | undefined => {
    const edited = withMetadata(live, { uid: "u", generation: 3 });
    const found = decideForeignPlan(edited, {}, { objects: [], count: 0 }, "direct").refusal;
    return found && describeProblem(found);
  };
  expect(refusal(losing("v1 unserved", "v1", "v2"))).toContain(`databases.example.com: ${LOST}\n`);
  expect(refusal(losing("v1", "v1", "v2"))).toBeUndefined();
  expect(refusal(withWebhook(losing("v1 unserved", "v1", "v2")))).toContain(`databases.example.com: ${UNSEEN}\n`);
});
