import { DROPPING_ANNOTATION } from "../../../components/crd/names";
import type { Definition } from "../../../components/crd/definition";
import type { ApiRequest } from "../../../components/kubernetes/api";
import type { ApiServers } from "../../../components/kubernetes/apiServers";
import { TerminalError } from "../../../components/kubernetes/errors";
import type { PhaseWork } from "../../../components/provider/phaseLogic";
import { drop } from "../../../components/versionedCRD/drop/drop";
import { removeVersions } from "../../../components/versionedCRD/drop/removal";
import type { DropInputs } from "../../../components/versionedCRD/inputs";
import { planDrop } from "../../../components/versionedCRD/plan";
import { CRD, manifest, withMetadata } from "../fixtures";
import { annotated } from "./rollout";

const both = withMetadata(manifest("v1", "v2 storage"), { uid: "u", generation: 3, resourceVersion: "7" });
const marked = annotated(both, DROPPING_ANNOTATION, { versions: ["v1"], conversion: null });

/** A cluster with this CRD, which takes merge patches of annotations; and what was written, in order. */
function clusterWith(start: Definition) {
  let live = start;
  const written: unknown[] = [];
  const call = ({ method, body }: ApiRequest): Promise<Definition> => {
    if (method === "GET") return Promise.resolve(live);
    const { annotations: changes = {} } = (body as Definition).metadata;
    const { spec = live.spec } = body as Definition;
    written.push(changes);
    const annotations = Object.entries({ ...live.metadata.annotations, ...changes }).filter(([, value]) => value);
    live = withMetadata({ ...live, spec }, { annotations: Object.fromEntries(annotations) });
    return Promise.resolve(live);
  };
  return { cluster: { call }, written, marker: () => live.metadata.annotations?.[DROPPING_ANNOTATION] };
}

const workOn = (cluster: object, signal: AbortSignal): PhaseWork =>
  ({ cluster, signal, report: () => undefined, warn: () => undefined }) as unknown as PhaseWork;

const inputs = (...versions: string[]): DropInputs => ({ crd: CRD, versions, plan: [] }) as unknown as DropInputs;

test("a run that is aborted between its marker and the removal withdraws the marker, and removes nothing", async () => {
  const { cluster, written, marker } = clusterWith(both);
  const work = workOn(cluster, AbortSignal.abort(new Error("the lock is lost")));
  await expect(removeVersions(inputs("v2"), work, both, ["v1"], {} as ApiServers)).rejects.toThrow("the lock is lost");
  expect(written).toEqual([
    { [DROPPING_ANNOTATION]: JSON.stringify({ versions: ["v1"], conversion: null, storage: "v2" }) },
    { [DROPPING_ANNOTATION]: null },
  ]);
  expect(marker()).toBeUndefined();
});

test("a removal that is cut off before all is listed is taken back, and not tried again before a person has read why", async () => {
  const { cluster, marker } = clusterWith(both);
  const lost = new AbortController();
  const call = async (request: ApiRequest): Promise<Definition> => {
    const answer = await cluster.call(request);
    if (answer.spec.versions.length === 1) lost.abort(new Error("the lock of it was not renewed"));
    return answer;
  };
  const removed = removeVersions(inputs("v2"), workOn({ call }, lost.signal), both, ["v1"], {} as ApiServers);
  await expect(removed).rejects.toThrow(TerminalError);
  await expect(removed).rejects.toThrow(/could be read without v1: the lock of it was not renewed[^]*v1 is back/);
  expect(marker()).toBeUndefined();
});

test("one that was killed there: the next run withdraws it where its version stays, and has nothing to do after that", async () => {
  expect(planDrop(both, ["v1", "v2"])).toEqual([]);
  expect(planDrop(marked, ["v1", "v2"])).toEqual([
    "v1: stays; withdraw the announcement that it is being dropped, which an interrupted run left",
  ]);
  const { cluster, written, marker } = clusterWith(marked);
  const { summary } = await drop.run(inputs("v1", "v2"), workOn(cluster, new AbortController().signal));
  expect(summary).toBe("a removal that was announced and not begun is withdrawn");
  expect([written, marker()]).toEqual([[{ [DROPPING_ANNOTATION]: null }], undefined]);
});

test("where the version is dropped all the same, that is the plan, and the removal sees to the marker", () => {
  expect(planDrop(marked, ["v2"])).toEqual(planDrop(both, ["v2"]));
});
