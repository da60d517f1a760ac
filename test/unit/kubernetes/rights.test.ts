import {
  rightsForConversionService,
  rightsForDrop,
  rightsForPreview,
  rightsForUp,
  rightsWithoutWhich,
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

test("what is not needed is not asked for: creating a CRD that is there, in-tree migrations where none run", () => {
  const all = rightsWithoutWhich(resources);
  const less = rightsWithoutWhich(resources, { creates: false, inTree: false });
  expect(all.filter((rule) => !JSON.stringify(less).includes(JSON.stringify(rule)))).toEqual([
    { apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"], verbs: ["create"] },
    expect.objectContaining({ apiGroups: ["storagemigration.k8s.io"] }),
  ]);
});

test("without three of the rights less is known, and nothing fails", () => {
  const without = JSON.stringify(rightsWithoutWhich(resources));
  expect(rightsForUp(resources).filter((rule) => !without.includes(JSON.stringify(rule)))).toEqual([
    { apiGroups: [""], resources: ["namespaces"], verbs: ["get"], resourceNames: ["kube-system"] },
    { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["list"] },
    expect.objectContaining({ apiGroups: ["admissionregistration.k8s.io"], verbs: ["list"] }),
  ]);
});

test("a webhook behind a Service is asked through the proxy", () => {
  expect(rightsForConversionService({ namespace: "n", name: "hook" })).toEqual([
    { apiGroups: [""], resources: ["services/proxy"], verbs: ["create"], resourceNames: ["https:hook:443"] },
  ]);
});
