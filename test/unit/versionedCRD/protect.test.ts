import type { VersionedCRDArgs } from "../../../components";
import { protectionPolicy } from "../../../components/versionedCRD/protect/protectionPolicy";
import { CRD, manifest } from "../fixtures";
import { registered } from "../program";

const args = { crd: manifest("v1", "v2 storage") } as unknown as VersionedCRDArgs;
const name = `kubernetes-storage-migration-${CRD}`;

test("nothing is made unless it is asked for", async () => {
  const resources = await registered({ databases: args, open: { ...args, protect: false } });
  expect([...resources.keys()].filter((each) => each.includes("protection"))).toEqual([]);
});

test("a policy and its binding: children of the component, made after serve, so destroyed before it", async () => {
  const resources = await registered({ databases: { ...args, protect: true } });
  const type = "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy";
  expect(resources.get("databases-protection")).toMatchObject({
    type,
    parent: "databases",
    dependsOn: ["databases-serve"],
    inputs: { metadata: { name }, spec: protectionPolicy(CRD).policy },
  });
  expect(resources.get("databases-protection-binding")).toMatchObject({
    type: `${type}Binding`,
    parent: "databases",
    dependsOn: expect.arrayContaining(["databases-protection"]) as string[],
    inputs: { metadata: { name }, spec: { policyName: name, validationActions: ["Deny"] } },
  });
});

test("they go to the component's cluster", async () => {
  const resources = await registered({ databases: { ...args, protect: true, context: "prod" } });
  expect(resources.get("databases-cluster")).toMatchObject({ inputs: { context: "prod" } });
  for (const each of ["databases-protection", "databases-protection-binding"]) {
    expect(resources.get(each)?.provider).toContain("databases-cluster");
  }
});

test("only this CRD is looked at, and only where it is updated or deleted", () => {
  expect(protectionPolicy(CRD).policy.matchConstraints).toEqual({
    resourceRules: [
      {
        apiGroups: ["apiextensions.k8s.io"],
        apiVersions: ["*"],
        operations: ["UPDATE", "DELETE"],
        resources: ["customresourcedefinitions"],
      },
    ],
  });
  // By oldObject, since a request to delete many names none.
  const named = `oldObject.metadata.name == "${CRD}"`;
  expect(protectionPolicy(CRD).policy.matchConditions.map(({ expression }) => expression)).toEqual([named]);
});
