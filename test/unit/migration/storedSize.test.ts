import type { KubernetesObject } from "../../../components/kubernetes/api";
import { parseJson } from "../../../components/kubernetes/json";
import { checkStoredSize, ETCD_LIMIT, storedSize } from "../../../components/migration/rehearsal/storedSize";
import { messageOf } from "../fixtures";

const to = { group: "scratch.example.com", version: "v2", plural: "gadgets" };
const key = "/registry/scratch.example.com/gadgets/default/odd";

/** As etcd had it on 1.37, and as the API server answered. e2e/previewTruth compares any size with a real one. */
const stored = String.raw`{"apiVersion":"scratch.example.com/v2","kind":"Gadget","metadata":{"creationTimestamp":"2026-11-28T11:21:06Z","generation":1,"managedFields":[{"apiVersion":"scratch.example.com/v2","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{".":{},"f:extra":{},"f:x":{}}},"manager":"unknown","operation":"Update","time":"2026-11-28T11:21:06Z"}],"name":"odd","namespace":"default","uid":"4bb0162c-e679-46f1-8d7a-8c3b04c6458d"},"spec":{"extra":"\u003c\u003e\u0026\u2028\u2029\b\f\u0001ü😀\"/","large":9007199254740993,"x":"yyy"}}`;
const answered = parseJson(stored) as KubernetesObject;
answered.metadata.resourceVersion = "489";

test("an object is as large as etcd has it, with its key thrice and at most 64 bytes around", () => {
  const { whole, withoutManagedFields } = storedSize(answered, to);
  expect(whole).toBe(Buffer.byteLength(stored) + 1 + 3 * key.length + 64);
  const without = stored.replace(/"managedFields":.*?\}\],/, "");
  expect(withoutManagedFields).toBe(Buffer.byteLength(without) + 1 + 3 * key.length + 64);
});

/** An object that takes exactly so many bytes, managedFields not counted. */
function sized(bytes: number, managedFields: object[] = []): KubernetesObject {
  const made = (x: string): KubernetesObject => ({
    ...answered,
    metadata: { ...answered.metadata, managedFields },
    spec: { x },
  });
  return made("y".repeat(bytes - storedSize(made(""), to).withoutManagedFields));
}

const small = sized(1_000);
const taken = { to, toSchema: undefined, mayBeLarge: false };

test("a default of the new version that the dry run's answer lacks is counted", () => {
  const properties = { x: { type: "string" }, note: { type: "string", default: "n".repeat(90) } };
  const toSchema = { type: "object", properties: { spec: { type: "object", properties } } };
  const { metadata, ...rest } = sized(ETCD_LIMIT - 50);
  const { managedFields: _, ...bare } = metadata;
  const answer = { ...rest, metadata: bare };
  expect(checkStoredSize(small, answer, taken)).toEqual([]);
  expect(messageOf(() => checkStoredSize(small, answer, { ...taken, toSchema }))).toMatch(
    /^stored as v2 it would take 1,572,914 bytes/, // `,"note":"` and `"` are ten more
  );
});

test("up to the limit it is taken, one byte more is refused before the flip, with both numbers", () => {
  expect(storedSize(sized(ETCD_LIMIT), to).withoutManagedFields).toBe(1_572_864);
  const bare = (object: KubernetesObject): KubernetesObject => {
    const { managedFields: _, ...metadata } = object.metadata;
    return { ...object, metadata };
  };
  expect(checkStoredSize(small, bare(sized(ETCD_LIMIT)), taken)).toEqual([]);
  expect(messageOf(() => checkStoredSize(small, bare(sized(ETCD_LIMIT + 1)), taken))).toBe(
    'stored as v2 it would take 1,572,865 bytes with its key; expected at most 1,572,864, etcd\'s default --max-request-bytes; make it smaller (a default or the conversion makes it grow), or, where etcd takes more, set acknowledge: [{ check: "object-size", path: "v2", reason: "…" }]',
  );
});

test("by the user's word that etcd takes more it is told of and no more", () => {
  const [said] = checkStoredSize(small, sized(ETCD_LIMIT + 1), { ...taken, mayBeLarge: true });
  expect(said).toMatch(/^stored as v2 it would take 1,572,865 bytes .* --max-request-bytes; acknowledged$/);
});

test("too large with its managedFields alone, it is written without them, and that is said", () => {
  const [said] = checkStoredSize(small, sized(ETCD_LIMIT - 10, [{ manager: "somebody" }]), taken);
  expect(said).toMatch(/^stored as v2 it would take 1,572,895 bytes .*leave out its managedFields$/);
});

test("an object that is larger already is none of the rollout's: this etcd takes more", () => {
  expect(checkStoredSize(sized(ETCD_LIMIT + 1), sized(ETCD_LIMIT + 500), taken)).toEqual([]);
});
