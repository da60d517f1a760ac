import { notInTreeThrough } from "../../../components/migration/inTree/throughPreferred";

test.each<[string, string, string[], string | undefined]>([
  ["v1", "v2", ["v1", "v2"], undefined],
  ["v1", "v1", ["v1", "v2"], "v2"],
  ["v1beta1", "v1", ["v1", "v2"], "v2"],
  ["v1", "v2beta1", ["v1", "v2beta1"], "v1"],
  ["v1", "v1", ["v1"], undefined],
  // It names the version, and goes through that one.
  ["v1alpha1", "v1", ["v1", "v2"], undefined],
])("storagemigration.k8s.io/%s, stored in %s of %j: through %s", (api, storage, served, through) => {
  expect(notInTreeThrough(api, storage, served)).toBe(through);
});
