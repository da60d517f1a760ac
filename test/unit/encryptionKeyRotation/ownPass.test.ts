import { describeOwnPass } from "../../../components/encryptionKeyRotation/rotationFacts";

const followed = { inTree: true, version: "v1" };
const crd = (...served: string[]) => ({ name: "widgets.example.com", served });

test.each<[string, Parameters<typeof describeOwnPass>[1], RegExp | undefined]>([
  ["what kube-controller-manager follows", followed, undefined],
  ["a custom one whose storage version is preferred", { ...followed, crd: crd("v1", "v1beta1") }, undefined],
  ["one of another preferred version", { ...followed, crd: crd("v1", "v2") }, /would convert through v2/],
  ["events", { ...followed, inTree: false }, /kube-controller-manager does not follow its objects/],
  ["a CRD that is being deleted", { ...followed, inTree: false, crd: crd("v1", "v2") }, /does not follow its objects/],
])("the plan says of %s who rewrites it alone: %#", (_, resource, expected) => {
  const found = describeOwnPass("v1", resource);
  if (expected === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(expected);
});
