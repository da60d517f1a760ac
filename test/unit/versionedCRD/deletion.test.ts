import type { ApiRequest } from "../../../components/kubernetes/api";
import type { Cluster } from "../../../components/kubernetes/cluster";
import type { ServeInputs } from "../../../components/versionedCRD/inputs";
import { deleteCrd } from "../../../components/versionedCRD/serve/deletion";
import { servedStage } from "../../../components/versionedCRD/stages";
import { applied } from "../apiServer";
import { CRD, manifest, OWNER, withMetadata } from "../fixtures";

const inputs = { crd: CRD, owner: OWNER, onDelete: "delete-with-objects" } as ServeInputs;
const ours = applied(undefined, servedStage(manifest("v1 storage"), undefined, OWNER));

test("a real delete is refused while another field manager applies the CRD: its source still holds it", async () => {
  const helm = { manager: "helm", operation: "Apply", fieldsV1: { "f:spec": { "f:versions": {} } } };
  const managedFields = [...(ours.metadata.managedFields ?? []), helm];
  const call = jest.fn<Promise<unknown>, [ApiRequest]>(() => Promise.resolve(withMetadata(ours, { managedFields })));
  await expect(deleteCrd(inputs, { call } as unknown as Cluster)).rejects.toThrow(
    /^databases\.example\.com: is applied by helm \(Helm\) as well/,
  );
  expect(call.mock.calls.map(([{ method }]) => method)).toEqual(["GET"]);
});
