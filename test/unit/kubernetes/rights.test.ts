import {
  rightsForConversionService,
  rightsForDrop,
  rightsForPreview,
  rightsForUp,
} from "../../../components/kubernetes/rights";

const resources = [
  { group: "b.com", plural: "ys" },
  { group: "a.com", plural: "xs" },
  { group: "b.com", plural: "xs" },
];

test("preview only reads", () => {
  const verbs = rightsForPreview(resources).flatMap((rule) => rule.verbs);
  expect(new Set(verbs)).toEqual(new Set(["get", "list"]));
});

test("no rule grants everything of anything", () => {
  for (const rule of [...rightsForPreview(resources), ...rightsForUp(resources)]) {
    expect([...rule.verbs, ...(rule.apiGroups ?? []), ...(rule.resources ?? [])]).not.toContain("*");
  }
});

test("what a drop adds only reads", () => {
  expect(new Set(rightsForDrop().flatMap((rule) => rule.verbs))).toEqual(new Set(["list", "get"]));
});

test("definitions and locks by name, sorted, one rule a group", () => {
  expect(rightsForUp(resources)).toEqual(
    expect.arrayContaining([
      {
        apiGroups: ["apiextensions.k8s.io"],
        resources: ["customresourcedefinitions"],
        verbs: ["get", "patch"],
        resourceNames: ["xs.a.com", "xs.b.com", "ys.b.com"],
      },
      { apiGroups: ["b.com"], resources: ["xs", "ys"], verbs: ["list", "get", "patch", "create"] },
    ]),
  );
});

test("a webhook behind a Service is asked through the proxy", () => {
  expect(rightsForConversionService({ namespace: "n", name: "hook" })).toEqual([
    { apiGroups: [""], resources: ["services/proxy"], verbs: ["create"], resourceNames: ["https:hook:443"] },
  ]);
});
