import type { KubernetesObject } from "../../components/kubernetes/api";
import { Cluster } from "../../components/kubernetes/cluster";
import { parseJson } from "../../components/kubernetes/json";
import { rightsForConversionService } from "../../components/kubernetes/rights/conversionWebhookRights";
import { probeByConversionReview } from "../../components/migration/rehearsal/conversionReview";
import { rehearse } from "../../components/migration/rehearsal/rehearsal";
import { type Certificate, makeAuthority, makeServerCertificate } from "../../local/certificates";
import { type Bench, group, objectOf, objectsOf, pluralOf, startBench } from "./engine";
import { type Behaviour, type Hook, splitHostPort, startHook } from "./misbehavingWebhook";

jest.setTimeout(240_000);

let bench: Bench;
let authority: Certificate;
let hook: Hook;
beforeAll(async () => {
  bench = await startBench("engine-rehearsal", {
    controllerManager: false,
    rights: rightsForConversionService({ namespace: "default", name: "nothing" }),
  });
  authority = await makeAuthority("hook");
  hook = await startHook(await makeServerCertificate(authority, "hook"));
});
afterAll(async () => {
  await bench.end();
  await hook.close();
});

const text = { type: "string" };
const schemaOf = (properties: object) => ({
  type: "object",
  properties: {
    spec: { type: "object", properties },
    status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  },
});

describe("conversion None", () => {
  const v1 = schemaOf({ host: text, note: text, big: { type: "integer", format: "int64" } });
  const run = async (kind: string, v2: object, objects: object[], large = false) => {
    await bench.define(kind, { storage: "v1", schema: { v1: v1 as never, v2: v1 as never } });
    await (large ? createLarge(pluralOf(kind), objects) : bench.create(pluralOf(kind), "v1", objects));
    const definition = await bench.define(kind, { storage: "v1", schema: { v1: v1 as never, v2: v2 as never } });
    const before = await bench.stored(pluralOf(kind));
    const result = await rehearse(bench.cluster, { definition, from: "v1", to: "v2" }, bench.work);
    expect(await bench.stored(pluralOf(kind))).toEqual(before);
    return result;
  };

  test("an equal schema: nothing to report, integers beyond 2^53 included", async () => {
    const kind = "Same";
    const result = await run(kind, v1, objectsOf(kind, "v1", 30, { host: "h", note: "n", big: largeInteger }), true);
    expect(result).toMatchObject({ objects: 30, failedCount: 0, warningCount: 0, notChecked: [] });
  });

  test("a field that v2 does not know: an object that has it would lose it, one that has not is fine", async () => {
    const kind = "Pruned";
    const result = await run(kind, schemaOf({ host: text }), [
      objectOf(kind, "v1", "without", { host: "h" }),
      objectOf(kind, "v1", "with-note", { host: "h", note: "n" }),
    ]);
    expect(result).toMatchObject({ objects: 2, failedCount: 1, warningCount: 0 });
    expect(result.failed).toEqual([
      { name: "default/with-note", message: "v2 would lose .spec.note; add it to the schema of v2" },
    ]);
  });

  test("a new constraint: ratcheting lets the rewrite pass, so it is a warning; the first ten are named", async () => {
    const kind = "Ratcheted";
    const result = await run(kind, schemaOf({ host: { type: "string", maxLength: 2 }, note: text }), [
      ...objectsOf(kind, "v1", 25, { host: "too long" }),
      objectOf(kind, "v1", "z-good", { host: "ok" }),
    ]);
    expect(result).toMatchObject({ objects: 26, failedCount: 0, warningCount: 25 });
    expect(result.warnings).toHaveLength(10);
    expect(result.warnings[0]?.message).toMatch(
      /v2 would refuse it if it were created today: .*may not be more than 2/,
    );
  });

  test("what the rewrite would refuse fails: a rule with oldSelf, among good objects", async () => {
    const kind = "Refused";
    const rules = {
      "x-kubernetes-validations": [{ rule: "self != 'bad' || oldSelf != 'bad'", message: "bad may not stay" }],
    };
    const result = await run(kind, schemaOf({ host: { ...text, ...rules }, note: text }), [
      ...objectsOf(kind, "v1", 12, { host: "bad" }),
      ...objectsOf(kind, "v1", 30, { host: "h" }).map((object) => ({
        ...object,
        metadata: { name: `good-${(object as KubernetesObject).metadata.name}` },
      })),
    ]);
    expect(result).toMatchObject({ objects: 42, failedCount: 12 });
    expect(result.failed).toHaveLength(10);
    expect(result.failed[0]?.message).toMatch(/bad may not stay/);
  });

  test("a user who may not create says what could not be checked", async () => {
    const kind = "Limited";
    await bench.define(kind, { storage: "v1" });
    await bench.create(pluralOf(kind), "v1", objectsOf(kind, "v1", 3));
    const definition = await bench.define(kind, { storage: "v1" });
    const rule = { apiGroups: [group], resources: [pluralOf(kind)], verbs: ["list", "get", "patch"] };
    const limited = await Cluster.connect({ kubeconfig: await bench.local.userKubeconfig("patcher", [rule]) });
    const result = await rehearse(limited, { definition, from: "v1", to: "v2" }, bench.work);
    expect(result).toMatchObject({ objects: 3, failedCount: 0, warningCount: 0 });
    expect(result.notChecked).toEqual([
      "whether the schema of v2 would accept it as new: create is not allowed to this user (3 objects)",
    ]);
  });
});

describe("conversion by webhook", () => {
  const big = { type: "integer", format: "int64" };
  const v1 = schemaOf({ hostPort: text, note: text, big });
  const v2 = schemaOf({ host: text, port: text, note: text, big });
  const conversion = () => ({
    strategy: "Webhook",
    webhook: { conversionReviewVersions: ["v1"], clientConfig: clientConfig() },
  });
  const clientConfig = () => ({ url: hook.url, caBundle: Buffer.from(authority.cert).toString("base64") });
  const definitions = { v1: v1 as never, v2: v2 as never };

  const run = async (kind: string, objects: object[]) => {
    hook.behave(splitHostPort);
    await bench.define(kind, { storage: "v1", schema: definitions, conversion: conversion() });
    await bench.create(pluralOf(kind), "v1", objects);
    return bench.define(kind, { storage: "v1", schema: definitions, conversion: conversion() });
  };

  test("a lossless one: nothing to report, several objects a request", async () => {
    const kind = "Split";
    const definition = await run(kind, objectsOf(kind, "v1", 60, { hostPort: "h:80", note: "n" }));
    hook.mostObjects = 0;
    const result = await rehearse(bench.cluster, { definition, from: "v1", to: "v2" }, bench.work);
    expect(result).toMatchObject({ objects: 60, failedCount: 0, warningCount: 0, notChecked: [] });
    expect(hook.mostObjects).toBeGreaterThan(1); // the API server itself asks for one at a time: it lists at v1
  });

  test("one that rejects one object of many: that one is named, the others are rehearsed", async () => {
    const kind = "Rejecting";
    const definition = await run(kind, [
      ...objectsOf(kind, "v1", 40, { hostPort: "h:80" }),
      objectOf(kind, "v1", "odd", { hostPort: "no port" }),
    ]);
    const result = await rehearse(bench.cluster, { definition, from: "v1", to: "v2" }, bench.work);
    expect(result).toMatchObject({ objects: 41, failedCount: 1 });
    expect(result.failed[0]).toMatchObject({ name: "default/odd" });
    expect(result.failed[0]?.message).toMatch(/no port is not host:port/);
  });

  test("one that rounds an int64, as plain JSON.parse in JavaScript does", async () => {
    const kind = "Rounding";
    const definition = await run(kind, []);
    await createLarge(pluralOf(kind), objectsOf(kind, "v1", 1, { hostPort: "h:80", big: largeInteger }));
    const result = await rehearse(bench.cluster, { definition, from: "v1", to: "v2" }, bench.work);
    expect(result.failedCount).toBe(1);
    expect(result.failed[0]?.message).toMatch(/the conversion v1 → v2 → v1 changes .spec.big/);
  });

  test("one that loses a field on the way there and back", async () => {
    const kind = "Losing";
    const definition = await run(kind, objectsOf(kind, "v1", 2, { hostPort: "h:80", note: "n" }));
    hook.behave((object, version) => {
      const converted = splitHostPort(object, version);
      delete (converted["spec"] as { note?: string }).note;
      return converted;
    });
    const result = await rehearse(bench.cluster, { definition, from: "v1", to: "v2" }, bench.work);
    expect(result.failedCount).toBe(2);
    expect(result.failed[0]?.message).toBe("the conversion v1 → v2 → v1 loses .spec.note; correct the webhook");
  });

  test("down in the middle: it stops instead of failing object by object", async () => {
    const kind = "Vanishing";
    const definition = await run(kind, objectsOf(kind, "v1", 60, { hostPort: "h:80" }));
    hook.behave("hang up");
    const rehearsal = rehearse(bench.cluster, { definition, from: "v1", to: "v2" }, bench.work);
    await expect(rehearsal).rejects.toThrow(/rehearsing vanishings.* stopped after 20 failures in a row/);
  });

  describe("the probe", () => {
    const probe = (config: object = {}) =>
      probeByConversionReview(bench.cluster, { ...clientConfig(), ...config }, { group, kind: "Probed" }, "v1", "v2");

    test.each<[string, Behaviour, RegExp]>([
      ["wrong kind", () => ({ kind: "Other" }), /wrong answer: an object's apiVersion is undefined/],
      ["HTTP 500", "HTTP 500", /answered HTTP 500/],
      ["no JSON", "no JSON", /its answer is not JSON/],
      ["no uid", "no uid", /response.uid is undefined\n {2}expected: +the request's uid, echoed/],
      ["no objects", "no objects", /it returned 0 objects\n {2}expected: +1/],
      ["hangs up", "hang up", /cannot be reached: ECONNRESET/],
    ])("%s", async (_, behaviour, expected) => {
      hook.behave(behaviour);
      await expect(probe()).rejects.toThrow(expected);
    });

    test("fine, or refusing an object that is none of its own: the path works", async () => {
      hook.behave(splitHostPort);
      expect(await probe()).toEqual([]);
      hook.behave(() => {
        throw new Error("spec.hostPort is missing");
      });
      expect(await probe()).toEqual([]);
    });

    test("slow: ten seconds are enough for one small object", async () => {
      hook.behave("sleep");
      await expect(probe()).rejects.toThrow(/gave no answer within 10 s/);
    });

    test("another authority, another host name, down", async () => {
      const other = Buffer.from((await makeAuthority("other")).cert).toString("base64");
      await expect(probe({ caBundle: other })).rejects.toThrow(/certificate would be refused by the API server/);
      const named = await startHook(await makeServerCertificate(authority, "hook"), "127.0.0.2");
      await expect(probe({ url: named.url })).rejects.toThrow(/it is for another host name/);
      await named.close();
      await expect(probe({ url: named.url })).rejects.toThrow(/cannot be reached: ECONNREFUSED/);
    });

    test("a Service that is not there", async () => {
      const config = { caBundle: "", service: { namespace: "default", name: "nothing", path: "/convert" } };
      const probing = probeByConversionReview(bench.cluster, config, { group, kind: "Probed" }, "v1", "v2");
      await expect(probing).rejects.toThrow(
        /Service default\/nothing\/convert cannot be reached through the API server: .*not found\n.*\n {2}next: {5}make the Service, or correct its namespace and name/,
      );
    });
  });
});

/** 2^53 + 1, which JavaScript has no number for, through our own client, which keeps it. */
const largeInteger = parseJson("9007199254740993");

async function createLarge(plural: string, objects: readonly object[]): Promise<void> {
  const path = `/apis/${group}/v1/namespaces/default/${plural}`;
  for (const body of objects) await bench.cluster.call({ method: "POST", path, body });
  const { items } = await bench.cluster.call<{ items: { spec: { big: unknown } }[] }>({ method: "GET", path });
  for (const { spec } of items) expect(spec.big).toBe(largeInteger);
}
