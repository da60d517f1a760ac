import { ApiError } from "../../../components/kubernetes/errors";
import type { PhaseWork } from "../../../components/provider/phaseLogic";
import type { ServeInputs } from "../../../components/versionedCRD/inputs";
import { serve } from "../../../components/versionedCRD/serve/serve";
import { CRD, manifest, OWNER } from "../fixtures";

const inputs = { crd: CRD, owner: OWNER, manifest: manifest("v1 storage"), storage: "v1" } as unknown as ServeInputs;

/** A cluster without the CRD; what is asked of it after that shows that the run went on. */
function run(more: object): Promise<string> {
  const call = jest.fn((request: { path: string }) =>
    Promise.reject(
      new ApiError(`asked ${request.path}`, request.path.endsWith(CRD) ? 404 : 400, "", "", request as never),
    ),
  );
  const work = { cluster: { call }, report: jest.fn(), warn: jest.fn(), signal: new AbortController().signal };
  return serve.run({ ...inputs, ...more }, work as unknown as PhaseWork).then(
    () => "",
    (error: Error) => error.message,
  );
}

test("a CRD that was deleted after the plan was made is not made anew, empty, in its place", async () => {
  expect(await run({ plan: ["(none) → v2: add, served; storage stays v1"] })).toMatch(
    /^databases\.example\.com: the CRD is not in the cluster, although it was there when this run began.*recreate: true/s,
  );
});

test("one that was to be made is made, and so is any with recreate", async () => {
  const plan = [`(none) → ${CRD}: create with v1 (served, storage); conversion None`];
  for (const more of [{ plan }, { plan: [], recreate: true }])
    expect(await run(more)).not.toMatch(/not in the cluster/);
});

test("a CRD is not made where the lock was lost before", async () => {
  const lost = new AbortController();
  const written: string[] = [];
  const call = ({ method, path }: { method: string; path: string }): Promise<object> => {
    if (method === "PATCH") written.push(path);
    lost.abort(new Error("the lock is lost")); // while it looks what is there
    if (path.endsWith(CRD)) return Promise.reject(new ApiError("none", 404, "", "", { method: "GET", path }));
    return Promise.resolve({ items: [], versions: [], status: { allowed: true } });
  };
  const work = { cluster: { call }, report: jest.fn(), warn: jest.fn(), signal: lost.signal };
  const running = serve.run(
    { ...inputs, group: "example.com", plural: "databases", recreate: true },
    work as unknown as PhaseWork,
  );
  await expect(running).rejects.toThrow("the lock is lost");
  expect(written).toEqual([]);
});
