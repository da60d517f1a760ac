import { defineConversion } from "../../../components/conversion";
import { databases } from "./examples";

const metadata = { name: "one", namespace: "default", uid: "u", labels: { a: "b" } };
const database = (version: string, spec: object) => ({
  apiVersion: `example.com/${version}`,
  kind: "Database",
  metadata,
  spec,
});
const key = Buffer.alloc(32, 7);
const otherKey = Buffer.alloc(32, 8);

test("a sensitive field that v1 cannot hold is sealed: not readable, the same bytes each time, back with the key", () => {
  const created = database("v2", { username: "u", password: "hunter2" });
  const old = databases.convert(created, "v1", { keys: [key] });
  expect(JSON.stringify(old)).not.toContain("hunter2");
  expect(old["spec"]).toEqual({ username: "u" });
  expect(databases.convert(created, "v1", { keys: [key] })).toEqual(old);
  expect(databases.convert(old, "v2", { keys: [Buffer.alloc(32, 1), key] })).toEqual(created);
});

test("a sensitive field and no key => refused, without its value", () => {
  const convert = () => databases.convert(database("v2", { password: "hunter2" }), "v1");
  expect(convert).toThrow(/Database default\/one: v2→v1: spec.password: .*sensitive.*no key/);
  expect(convert).not.toThrow(/hunter2/);
  expect(databases.sensitive).toEqual(["v2 spec.password"]);
  expect(databases.convert(database("v2", { username: "u" }), "v1")).toEqual(database("v1", { username: "u" }));
});

test("a seal opens for no other object", () => {
  const old = databases.convert(database("v2", { password: "hunter2" }), "v1", { keys: [key] });
  const other = { ...old, metadata: { ...(old["metadata"] as object), name: "other" } };
  expect(databases.convert(other, "v2", { keys: [key] })["spec"]).toEqual({});
});

test("what is kept of a list is sealed too, where a field of its elements is sensitive", () => {
  const element = { type: "object", properties: { token: { type: "string" } } } as const;
  const conversion = defineConversion({
    group: "g.example.com",
    kind: "K",
    versions: {
      v1: { type: "object", properties: { logins: { type: "array", items: element } } },
      v2: { type: "object", properties: { logins: { type: "object", properties: { secret: { type: "string" } } } } },
    },
    steps: (step) => [
      step("v1", "v2", (m) => [m.unwrap("logins", (l) => [l.rename("token", "secret", { sensitive: true })])]),
    ],
  });
  const v1 = { apiVersion: "g.example.com/v1", kind: "K", metadata, logins: [{ token: "a" }, { token: "hunter2" }] };
  const v2 = conversion.convert(v1, "v2", { keys: [key] });
  expect(JSON.stringify(v2)).not.toContain("hunter2");
  expect(conversion.convert(v2, "v1", { keys: [key] })).toEqual(v1);
  expect(() => conversion.convert(v1, "v2")).toThrow(/logins: .*no key/);
  expect(conversion.sensitive).toEqual(["v1 logins", "v2 logins"]);
});

test("a conversion that throws on a sensitive field => its words, which may hold the value, are not repeated", () => {
  const schema = (name: string) => ({ type: "object", properties: { [name]: { type: "string" } } }) as const;
  const conversion = defineConversion({
    group: "g.example.com",
    kind: "K",
    versions: { v1: schema("a"), v2: schema("b") },
    steps: (step) => [
      step("v1", "v2", (m) => [
        m.map(
          "a",
          "b",
          {
            up(a) {
              throw new Error(`cannot read ${a}`);
            },
            down: (b) => b,
          },
          { sensitive: true },
        ),
      ]),
    ],
  });
  const object = { apiVersion: "g.example.com/v1", kind: "K", metadata, a: "hunter2" };
  expect(() => conversion.convert(object, "v2")).toThrow(/^K default\/one: v1→v2: a: (?!.*hunter2)/);
});

describe("a field of a list that is said to be sensitive", () => {
  const user = { name: { type: "string" } } as const;
  const withPass = { type: "object", properties: { ...user, pass: { type: "string" } } } as const;
  const without = { type: "object", properties: user } as const;
  const conversion = defineConversion({
    group: "g.example.com",
    kind: "K",
    versions: {
      v1: { type: "object", properties: { users: { type: "array", items: withPass }, admin: withPass } },
      v2: {
        type: "object",
        properties: { users: { type: "array", items: without }, admin: { type: "array", items: without } },
      },
    },
    steps: (step) => [
      step("v1", "v2", (m) => [
        m.each("users", (u) => [u.removed("pass")], { sensitive: true, to: "users" }),
        m.wrap("admin", (u) => [u.removed("pass")], { sensitive: true, to: "admin" }),
      ]),
    ],
  });
  const fields = { users: [{ name: "a", pass: "hunter2" }], admin: { name: "b", pass: "hunter3" } };
  const v1 = { apiVersion: "g.example.com/v1", kind: "K", metadata, ...fields };

  test("is sealed, whatever field of an element it is", () => {
    const v2 = conversion.convert(v1, "v2", { keys: [key] });
    expect(JSON.stringify(v2)).not.toMatch(/hunter/);
    expect(conversion.convert(v2, "v1", { keys: [key] })).toEqual(v1);
    expect(() => conversion.convert(v1, "v2")).toThrow(/pass: .*no key/);
  });

  test("T1 a webhook without its key shows nothing of it; T2 the object is written; T3 with the key all of it is there", () => {
    const v2 = conversion.convert(v1, "v2", { keys: [key] });
    const blind = conversion.convert(v2, "v1", { keys: [otherKey] });
    expect(blind).toMatchObject({ users: [{ name: "a" }], admin: { name: "b" } });
    expect(JSON.stringify(blind)).not.toMatch(/hunter/);
    const written = conversion.convert({ ...blind, admin: { name: "c" } }, "v2", { keys: [otherKey] });
    const seen = conversion.convert(written, "v1", { keys: [key] });
    expect(seen).toEqual({ ...v1, admin: { name: "c", pass: "hunter3" } });
  });
});

test("two pods in the middle of a change of keys: what one seals is not lost by way of the other", () => {
  const [oldPod, newPod] = [{ keys: [key] }, { keys: [otherKey, key] }];
  const created = database("v2", { username: "u", password: "hunter2" });
  const stored = databases.convert(created, "v1", newPod);
  const read = databases.convert(stored, "v2", oldPod);
  expect(read["spec"]).toEqual({ username: "u" });
  const written = databases.convert({ ...read, spec: { username: "v" } }, "v1", oldPod);
  expect(databases.convert(written, "v2", newPod)).toEqual(database("v2", { username: "v", password: "hunter2" }));
});

test("a value given while the sealed one waits for its key wins, and the sealed one goes", () => {
  const stored = databases.convert(database("v2", { password: "hunter2" }), "v1", { keys: [key] });
  const read = databases.convert(stored, "v2", { keys: [otherKey] });
  const written = databases.convert({ ...read, spec: { password: "new" } }, "v1", { keys: [otherKey] });
  const keys = [key, otherKey];
  expect(databases.convert(written, "v2", { keys })).toEqual(database("v2", { password: "new" }));
});
