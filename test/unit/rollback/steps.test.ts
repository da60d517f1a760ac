import { storageVersion, type Definition } from "../../../components/crd/definition";
import { stepsBack, type Step } from "../../../components/rollback/steps";
import { CRD, manifest, withMetadata, withStored } from "../fixtures";
import { moved } from "./seen";

type Operation = { op: string; path: string; value?: unknown };

/** RFC 6902, as far as the steps use it. */
function patched(live: Definition, operations: readonly Operation[]): Definition {
  const versions = live.spec.versions.map((each) => ({ ...each }));
  for (const { op, path, value } of operations) {
    const [, at = "", key] = /^\/spec\/versions\/(\d+)(?:\/(\w+))?$/.exec(path) ?? [];
    const found = versions[Number(at)];
    if (op === "test") expect(found?.name).toBe(value);
    else if (op === "remove") versions.splice(Number(at), 1);
    else if (found !== undefined && key !== undefined) found[key] = value;
  }
  return { ...live, spec: { ...live.spec, versions } };
}

const operationsOf = ({ command = "" }: Step): Operation[] =>
  JSON.parse(/ --type=json -p '(.+)'$/.exec(command)?.[1] ?? "[]") as Operation[];
const steps = (live: Definition, to: string, flags = ""): Step[] => stepsBack({ live, to, listed: "100", flags });

/** Every CRD of three versions in every order, with each storage version and each served besides it. */
const names = ["v1beta1", "v1", "v2"];
const orders = names.flatMap((first) =>
  names
    .filter((each) => each !== first)
    .map((second) => [first, second, ...names.filter((each) => ![first, second].includes(each))]),
);
const worlds = orders.flatMap((order) =>
  names.flatMap((storage) =>
    [0, 1, 2, 3, 4, 5, 6, 7].flatMap((bits) =>
      names.map((to) => {
        const words = order.map((name) => {
          const isServed = name === storage || (bits >> names.indexOf(name)) % 2 === 1;
          return `${name}${name === storage ? " storage" : ""}${isServed ? "" : " unserved"}`;
        });
        return { words, to };
      }),
    ),
  ),
);

test("whatever the CRD looks like: one storage version and it is served after each step, and the older release's versions at the end", () => {
  for (const { words, to } of worlds) {
    let live = withStored(withMetadata(manifest(...words), { generation: 3 }), ...names);
    for (const step of steps(live, to)) {
      live = patched(live, operationsOf(step));
      expect([words, live.spec.versions.filter(({ storage }) => storage).length]).toEqual([words, 1]);
      expect([words, step.what, live.spec.versions.find(({ storage }) => storage)?.served]).toEqual([
        words,
        step.what,
        true,
      ]);
    }
    const left = live.spec.versions.map(({ name }) => name).sort();
    expect([words, storageVersion(live), left]).toEqual([words, to, names.slice(0, names.indexOf(to) + 1).sort()]);
  }
});

test("objects are rewritten after storage moved and before the newer version goes, and the cluster's flags are on every line", () => {
  expect(steps(moved, "v1", " --context prod").map(({ command }) => command)).toEqual([
    `kubectl --context prod patch crd ${CRD} --type=json -p '[{"op":"test","path":"/spec/versions/1/name","value":"v2"},{"op":"replace","path":"/spec/versions/1/storage","value":false},{"op":"test","path":"/spec/versions/0/name","value":"v1"},{"op":"replace","path":"/spec/versions/0/storage","value":true}]'`,
    `kubernetes-storage-migration migrate ${CRD} --context prod --dry-run`,
    `kubernetes-storage-migration migrate ${CRD} --context prod`,
    `kubectl --context prod patch crd ${CRD} --type=json -p '[{"op":"test","path":"/spec/versions/1/name","value":"v2"},{"op":"replace","path":"/spec/versions/1/served","value":false}]'`,
    `kubernetes-storage-migration migrate ${CRD} --context prod`,
    `kubectl --context prod patch crd ${CRD} --type=json -p '[{"op":"test","path":"/spec/versions/1/name","value":"v2"},{"op":"remove","path":"/spec/versions/1"}]'`,
  ]);
});

test("a version that is gone has no steps to paste: its schema is in no cluster", () => {
  expect(steps(moved, "v1beta1")).toEqual([{ what: "put v1beta1 back into the manifest, and apply it" }]);
});

test("where the version is stored alone and none is newer there is nothing to do", () => {
  expect(steps(withStored(manifest("v1 storage"), "v1"), "v1")).toEqual([]);
});
