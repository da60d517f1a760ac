import { describeWrittenByPulumi } from "../../../../components/versionedCRD/customResources/writtenByPulumi";

const object = (name: string, manager: string, apiVersion: string) => ({
  metadata: { name, namespace: "default", managedFields: [{ manager, apiVersion, operation: "Apply" }] },
});

test("objects that a Pulumi program writes as the old version are named, three at most", () => {
  const objects = ["a", "b", "c", "d"].map((name) => object(name, "pulumi-kubernetes-1a2b3c4d", "example.com/v1"));
  expect(describeWrittenByPulumi(objects, "example.com", "v2")).toBe(
    'Pulumi programs write default/a, default/b, default/c and 1 more as example.com/v1: one that changes apiVersion to example.com/v2 without a type alias plans a create and a delete, and the object is lost; expected `aliases: crd.aliases()` there, or { type: "kubernetes:example.com/v1:KIND" } in a program that has not this component',
  );
});

test.each(["pulumi-kubernetes", "pulumi-resource-kubernetes", "pulumi-kubernetes-1a2b3c4d"])(
  "%s is the official provider",
  (manager) => {
    expect(describeWrittenByPulumi([object("a", manager, "example.com/v1")], "example.com", "v2")).toMatch(
      /default\/a as/,
    );
  },
);

test("another writer, the new version, no managedFields: nothing to say", () => {
  const objects = [
    object("a", "kubectl", "example.com/v1"),
    object("b", "pulumi-kubernetes-1a2b3c4d", "example.com/v2"),
    { metadata: { name: "c" } },
  ];
  expect(describeWrittenByPulumi(objects, "example.com", "v2")).toBeUndefined();
});
