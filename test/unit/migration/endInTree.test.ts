import type { ApiRequest } from "../../../components/kubernetes/api";
import { endInTree } from "../../../components/migration/inTree/endInTree";

const GROUP = "/apis/storagemigration.k8s.io";
const subject = {
  resource: { group: "g", version: "v1", plural: "foos" },
  name: "foos.g",
  mark: { annotation: "kubernetes-storage-migration/rotation", value: "file" },
};
const migration = (name: string, value: string, ...conditions: string[]) => ({
  metadata: {
    name,
    labels: { "app.kubernetes.io/managed-by": "kubernetes-storage-migration" },
    annotations: { [subject.mark.annotation]: value },
  },
  spec: { resource: { group: "g", resource: "foos" } },
  status: { conditions: conditions.map((type) => ({ type, status: "True" })) },
});

async function deletedOf(items: object[], versions = ["v1"]): Promise<string[]> {
  const deleted: string[] = [];
  const call = ({ method, path }: ApiRequest): Promise<unknown> => {
    if (method === "DELETE") deleted.push(path.slice(GROUP.length));
    return Promise.resolve(path === GROUP ? { versions: versions.map((version) => ({ version })) } : { items });
  };
  await endInTree({ call } as never, subject, new AbortController().signal);
  return deleted;
}

test("the one of this subject that has not ended is deleted, and no other", async () => {
  const path = "/v1/storageversionmigrations/mine";
  expect(await deletedOf([migration("other", "another file"), migration("mine", "file", "Running")])).toEqual([path]);
  expect(await deletedOf([migration("mine", "file", "Succeeded")])).toEqual([]);
  expect(await deletedOf([])).toEqual([]);
  expect(await deletedOf([migration("mine", "file")], [])).toEqual([]);
});
