import { countLateWrites } from "../../../components/encryptionKeyRotation/proof/lateWrites";
import type { ApiRequest } from "../../../components/kubernetes/api";
import type { Cluster } from "../../../components/kubernetes/cluster";
import { ApiError } from "../../../components/kubernetes/errors";

const secrets = { group: "", version: "v1", plural: "secrets" };

interface Stored {
  name: string;
  resourceVersion: string;
  /** Its bytes are not what the server would write: the next write moves it. */
  stale?: boolean;
  /** Admission changes it at each write. */
  stamped?: boolean;
  /** Written between the list and its turn. */
  raced?: boolean;
}

/** As GuaranteedUpdate answers: the real one does in e2e/rotationGates T8. */
function cluster(stored: Stored[]): { cluster: Cluster; patched: string[] } {
  let revision = 100;
  const patched: string[] = [];
  const live = new Map(stored.map((each) => [each.name, { ...each }]));
  const patch = ({ path, body }: ApiRequest): object => {
    const object = live.get(path.split("/").at(-1) ?? "");
    if (object === undefined) throw new Error(`no ${path}`);
    patched.push(object.name);
    if (object.raced) Object.assign(object, { raced: false, resourceVersion: String(++revision) });
    const { metadata } = body as { metadata?: { resourceVersion?: string } };
    if (metadata !== undefined && metadata.resourceVersion !== object.resourceVersion) {
      throw new ApiError("conflict", 409, "Conflict", "conflict", { method: "PATCH", path });
    }
    if (object.stale || object.stamped) Object.assign(object, { stale: false, resourceVersion: String(++revision) });
    return { metadata: { name: object.name, namespace: "n", resourceVersion: object.resourceVersion } };
  };
  const items = stored.map(({ name, resourceVersion }) => ({ metadata: { name, namespace: "n", resourceVersion } }));
  const call = (request: ApiRequest): Promise<unknown> =>
    request.method === "GET"
      ? Promise.resolve({ metadata: { resourceVersion: "100" }, items })
      : Promise.resolve().then(() => patch(request));
  return { cluster: { call } as unknown as Cluster, patched };
}

const work = { report: () => undefined, signal: new AbortController().signal };
const count = async (stored: Stored[]): Promise<[number, string[]]> => {
  const { cluster: fake, patched } = cluster(stored);
  return [await countLateWrites(fake, secrets, "50", work), patched];
};

test("what is older than the proof's list is not touched; what is newer is, and counts where its bytes were others", async () => {
  const stored = [
    { name: "old", resourceVersion: "50", stale: true },
    { name: "new", resourceVersion: "51" },
    { name: "late", resourceVersion: "99", stale: true },
  ];
  expect(await count(stored)).toEqual([1, ["new", "late", "late"]]);
});

test("one that admission changes at each write is not taken for stale: retire would never end", async () => {
  expect((await count([{ name: "pod", resourceVersion: "60", stamped: true }]))[0]).toBe(0);
});

test("one that somebody wrote meanwhile is under the first key, and is rewritten once more to be sure", async () => {
  const raced = [{ name: "lease", resourceVersion: "60", raced: true }];
  expect(await count(raced)).toEqual([0, ["lease", "lease"]]);
});
