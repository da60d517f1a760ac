import { listableResources } from "../../../components/kubernetes/everyResource";
import { qualifiedResourceName } from "../../../components/kubernetes/resourceNames";

const verbs = ["get", "list"];
const group = (name: string, ...versions: object[]) => ({ metadata: { name }, versions });
const document = (...items: object[]) => ({ kind: "APIGroupDiscoveryList", items }) as never;

test("each listable resource once, at the version its group prefers; what cannot be listed is left out", () => {
  const { listable, silent } = listableResources([
    document(
      group("", {
        version: "v1",
        resources: [
          { resource: "secrets", verbs },
          { resource: "bindings", verbs: ["create"] },
        ],
      }),
    ),
    document(
      group(
        "example.com",
        { version: "v2", resources: [{ resource: "databases", verbs }] },
        {
          version: "v1",
          resources: [
            { resource: "databases", verbs },
            { resource: "backups", verbs },
          ],
        },
      ),
    ),
  ]);
  expect(listable.map((each) => `${qualifiedResourceName(each)} ${each.version}`)).toEqual([
    "secrets v1",
    "databases.example.com v2",
    "backups.example.com v1",
  ]);
  expect(silent).toEqual([]);
});

test("a version that did not answer is silent, whatever its group's other versions hold", () => {
  const { listable, silent } = listableResources([
    document(
      group("metrics.k8s.io", { version: "v1beta1", freshness: "Stale" }),
      group(
        "half.io",
        { version: "v2", resources: [{ resource: "xs", verbs }] },
        { version: "v1", freshness: "Stale", resources: [] },
      ),
      group("cached.io", { version: "v1", freshness: "Stale", resources: [{ resource: "ys", verbs }] }),
    ),
  ]);
  expect(silent).toEqual(["metrics.k8s.io", "half.io"]);
  expect(listable.map(qualifiedResourceName)).toEqual(["xs.half.io", "ys.cached.io"]);
});

test("a version that is left out is not chosen, and another of its group is", () => {
  const found = document(
    group(
      "example.com",
      { version: "v2", freshness: "Stale" },
      { version: "v1", resources: [{ resource: "databases", verbs }] },
    ),
  );
  const { listable, silent } = listableResources([found], ["example.com/v2"]);
  expect(listable.map(({ version }) => version)).toEqual(["v1"]);
  expect(silent).toEqual([]);
});

test("an answer that is not aggregated discovery is no cluster without resources", () => {
  expect(() => listableResources([{ kind: "APIGroupList" }])).toThrow(
    /APIGroupList\n {2}expected: +APIGroupDiscoveryList/,
  );
});
