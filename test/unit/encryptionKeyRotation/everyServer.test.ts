import {
  describeUnevenlyServed,
  findUnevenlyServed,
  type ServedResources,
  uniteDiscoveries,
} from "../../../components/encryptionKeyRotation/proof/everyServer";
import { type Asked, ownResourcesNoneHidden } from "../../../components/encryptionKeyRotation/proof/hiddenResources";
import { describeProblem } from "../../../components/kubernetes/problem";
import { qualifiedResourceName } from "../../../components/kubernetes/resourceNames";

const verbs = ["list", "patch"];
const group = (name: string, ...versions: [string, ...string[]][]) => ({
  metadata: { name },
  versions: versions.map(([version, ...plurals]) => ({
    version,
    resources: plurals.map((resource) => ({ resource, verbs })),
  })),
});
const core = group("", ["v1", "secrets"]);
const answer = (address: string, ...items: object[]) => ({
  address,
  documents: [{ kind: "APIGroupDiscoveryList", items: [core, ...items] }] as never,
});
const unite = (...answers: ReturnType<typeof answer>[]) => uniteDiscoveries(answers, ["metrics.k8s.io/v1"]);
const budgets = group("policy", ["v1", "poddisruptionbudgets"]);

describe("what several API servers serve", () => {
  test("all the same: each resource once, and none uneven", () => {
    const { listable, uneven } = unite(answer("a", budgets), answer("b", budgets));
    expect(listable.map(qualifiedResourceName)).toEqual(["secrets", "poddisruptionbudgets.policy"]);
    expect(uneven).toEqual([]);
  });

  test.each([
    ["last", [answer("a"), answer("b", budgets)], "a"],
    ["first", [answer("a", budgets), answer("b"), answer("b")], "b"],
  ])("what the %s of them alone serves is there, and uneven", (_, answers, lacking) => {
    const { listable, uneven } = unite(...answers);
    expect(listable.map(qualifiedResourceName)).toContain("poddisruptionbudgets.policy");
    expect(uneven).toEqual([{ group: "policy", version: "v1", plural: "poddisruptionbudgets", lacking: [lacking] }]);
  });

  test("a version that one of them prefers and another does not serve is uneven; one that it only does not prefer is not", () => {
    const [both, old] = [
      group("new.io", ["v1", "things"], ["v1beta1", "things"]),
      group("new.io", ["v1beta1", "things"]),
    ];
    expect(unite(answer("a", both), answer("b", old)).uneven).toMatchObject([{ version: "v1", lacking: ["b"] }]);
    const turned = group("new.io", ["v1beta1", "things"], ["v1", "things"]);
    expect(unite(answer("a", both), answer("b", turned)).uneven).toEqual([]);
  });

  test("an aggregated API that does not answer one of them is none of theirs", () => {
    expect(unite(answer("a", group("metrics.k8s.io", ["v1", "pods"])), answer("b")).uneven).toEqual([]);
  });

  test("only what is to be rewritten counts; the refusal names each server with what it lacks", () => {
    const served = unite(answer("a", budgets), answer("b", group("new.io", ["v1", "things"])));
    expect(findUnevenlyServed([{ group: "apps", plural: "deployments" }], served)).toEqual([]);
    const uneven = findUnevenlyServed(served.listable, served);
    expect(describeProblem(describeUnevenlyServed(["*.*"], uneven))).toMatch(
      /^resources: "\*\.\*" names what only some .*\n +a does not serve things\.new\.io \(v1\)\n +b does not serve poddisruptionbudgets\.policy \(v1\)\n/,
    );
  });
});

describe("the gate of a wildcard", () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const signal = new AbortController().signal;
  /** Answers in turn, the last one for ever. */
  const asked = (...served: ServedResources[]): Asked & { servers: jest.Mock } => {
    const servers = jest.fn(() => Promise.resolve(served.length > 1 ? served.shift() : served[0]));
    const call = () => Promise.resolve({ items: [] });
    return { cluster: { call } as never, servers: servers as never, signal };
  };
  const uneven = unite(answer("a", budgets), answer("b"));
  const even = unite(answer("a", budgets), answer("b", budgets));
  const found = async (patterns: string[], asks: Asked, isReached = () => true): Promise<string[]> => {
    const own = ownResourcesNoneHidden(patterns, asks, isReached);
    own.catch(() => undefined);
    await jest.advanceTimersByTimeAsync(10_000);
    return (await own).listable.map(qualifiedResourceName);
  };

  test.each([[["*.*"]], [["*.policy"]], [["secrets", "*.policy"]]])(
    "%j: refused while servers differ for some seconds",
    async (patterns) => {
      await expect(found(patterns, asked(uneven))).rejects.toThrow(/b does not serve poddisruptionbudgets.policy/);
    },
  );

  test("a CRD that was just made, and a server that shows it a moment later, hold nothing up", async () => {
    expect(await found(["*.*"], asked(uneven, even))).toContain("poddisruptionbudgets.policy");
  });

  test("what the rotation does not reach, or no pattern names, may differ", async () => {
    await found(["*.*"], asked(uneven), () => false);
    await found(["*."], asked(uneven));
  });
});
