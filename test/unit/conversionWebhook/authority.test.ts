import { X509Certificate } from "crypto";
import {
  describeAuthorityStep as sentence,
  planNextStep,
  type Held,
  type Step,
  type Trust,
} from "../../../components/conversionWebhook/authority/plan";
import { takeAuthorityStep } from "../../../components/conversionWebhook/authority/takeAuthorityStep";
import { findTrust } from "../../../components/conversionWebhook/authority/trust";

const names = { service: "convert", namespace: "tools" };
const life = { authorityDays: 300, leafDays: 90 };
const DAY = 24 * 3600 * 1000;
const start = Date.parse("2026-01-01T00:00:00Z");

/** The PEM texts a CRD has while the state is this. */
const bundle = (held: Held): string[] => held.authorities.map(({ cert }) => cert);
const isTrusted = (held: Held, by: string[]): boolean =>
  by.some((pem) => {
    const authority = new X509Certificate(pem);
    const leaf = new X509Certificate(held.leaf.cert);
    return leaf.checkIssued(authority) && leaf.verify(authority.publicKey);
  });

describe("an own authority, renewed by overlap", () => {
  let now = start;
  let held: Held | undefined;
  /** What the CRDs have: it follows the state only where an `up` went through. */
  let inCrds: string[] = [];
  let inSecret: string | undefined;
  const trust = (): Trust | undefined => ({
    users: ["things"],
    without: inCrds.includes(held?.authorities.at(-1)?.cert ?? "") ? [] : ["things"],
  });

  /** One `up` at a day: the step it takes, after which the leaf is trusted by what the CRDs have, before and after they follow. */
  const up = async (day: number, { crdsFollow = true, secretFollows = true, asked = trust } = {}): Promise<Step> => {
    now = start + day * DAY;
    const step = planNextStep(held, life, new Date(now), { trust: asked(), served: inSecret });
    held = await takeAuthorityStep(step, held, names, life, new Date(now));
    if (held === undefined) throw new Error("nothing held");
    if (inCrds.length > 0) expect(isTrusted(held, inCrds)).toBe(true);
    if (crdsFollow) inCrds = bundle(held);
    expect(isTrusted(held, bundle(held))).toBe(true);
    // For a while pods show what the Secret held before.
    if (inSecret !== undefined)
      expect(isTrusted({ ...held, leaf: { ...held.leaf, cert: inSecret } }, inCrds)).toBe(true);
    if (secretFollows) inSecret = held.leaf.cert;
    expect(Date.parse(held.leaf.notAfter)).toBeGreaterThan(now);
    return step;
  };

  test("T1 the first up makes both, for the name the API server dials", async () => {
    expect(await up(0)).toEqual({ kind: "begin" });
    const leaf = new X509Certificate(held?.leaf.cert ?? "");
    expect([leaf.checkHost("convert.tools.svc"), leaf.checkHost("other.tools.svc"), leaf.ca]).toEqual([
      "convert.tools.svc",
      undefined,
      false,
    ]);
  });

  test("T2 while more than a third of its life is left nothing changes", async () => {
    const before = held;
    expect(await up(59)).toEqual({ kind: "none" });
    expect(held).toBe(before);
    expect(sentence({ kind: "none" })).toBeUndefined();
  });

  test("T3 then the certificate is renewed by the same authority", async () => {
    expect(await up(61)).toEqual({ kind: "renew" });
    expect(held?.authorities).toHaveLength(1);
  });

  test("T4 the authority's last third: old and new are published; the certificate stays", async () => {
    await up(130);
    await up(195);
    const leaf = held?.leaf;
    expect(await up(201, { crdsFollow: false })).toEqual({ kind: "publish" });
    expect([held?.authorities.length, held?.leaf]).toEqual([2, leaf]);
  });

  test("T5 a CRD that does not trust the new one holds it, and is named", async () => {
    expect(await up(202, { crdsFollow: false })).toEqual({
      kind: "wait",
      why: "things does not trust the new one yet",
    });
  });

  test.each([
    ["no CRD found", { users: [], without: [] }, /no CRD was found that uses this webhook/],
    ["CRDs not readable", undefined, /CRDs may not be listed by this user/],
  ])("T6 %s: it waits as well, and the old authority goes on signing", async (_, found, why) => {
    const step = await up(203, { crdsFollow: false, asked: () => found });
    expect(step).toEqual({ kind: "wait", why: expect.stringMatching(why) as string });
    held = await takeAuthorityStep({ kind: "renew" }, held, names, life, new Date(now));
    expect(isTrusted(held as Held, inCrds)).toBe(true);
  });

  test("T7 once every CRD trusts both, the new one signs", async () => {
    inCrds = bundle(held as Held);
    expect(await up(203.5, { secretFollows: false })).toEqual({ kind: "roll" });
    expect(isTrusted(held as Held, [held?.authorities[1]?.cert ?? ""])).toBe(true);
  });

  test("T7b that up was ended before the Secret had it: the pods show the old one's, which stays; the new one signs again", async () => {
    expect(await up(204)).toEqual({ kind: "roll" });
    expect(held?.authorities).toHaveLength(2);
  });

  test("T8 the old one stays while pods may still show the old certificate", async () => {
    expect(await up(204 + 5 / (24 * 60))).toMatchObject({
      kind: "wait",
      why: expect.stringContaining("10 minutes") as string,
    });
    expect(held?.authorities).toHaveLength(2);
  });

  test("T9 then it goes, and nothing is due any more", async () => {
    expect(await up(205)).toEqual({ kind: "drop" });
    expect(held?.authorities).toHaveLength(1);
    expect(await up(206)).toEqual({ kind: "none" });
  });
});

test("a CRD trusts an authority when its caBundle holds it, and uses a webhook when it names its Service", () => {
  const crd = (name: string, service: object | undefined, caBundle?: string) => ({
    metadata: { name },
    spec: {
      conversion: {
        strategy: "Webhook",
        webhook: {
          clientConfig: {
            ...(service && { service }),
            ...(caBundle && { caBundle: Buffer.from(caBundle).toString("base64") }),
          },
        },
      },
    },
  });
  const ours = { name: "convert", namespace: "tools" };
  const items = [
    crd("both", ours, "OLD\nNEW\n"),
    crd("old", ours, "OLD\n"),
    crd("none", ours),
    crd("other", { ...ours, namespace: "else" }, "OLD\n"),
    crd("url", undefined),
    { metadata: { name: "plain" }, spec: {} },
  ];
  expect(findTrust(items as never, names, "NEW\n")).toEqual({
    users: ["both", "none", "old"],
    without: ["none", "old"],
  });
});
