import { REHEARSAL_ANNOTATION } from "../../../components/crd/names";
import type { Definition } from "../../../components/crd/definition";
import type { ApiRequest } from "../../../components/kubernetes/api";
import type { PhaseWork } from "../../../components/provider/phaseLogic";
import type { RehearsalRecord } from "../../../components/migration/definition/recordedOnDefinition";
import type { RehearseInputs } from "../../../components/versionedCRD/inputs";
import { rehearse } from "../../../components/versionedCRD/rehearse/rehearse";
import { CRD, manifest, withMetadata, withStored } from "../fixtures";

test("without serve before it (`--exclude`), a version that the manifest unserves is rehearsed, since it is live", async () => {
  const found = withStored(manifest("v1", "v2 storage", "v3"), "v1", "v2");
  let live = withMetadata(found, { uid: "u", generation: 3, resourceVersion: "7" });
  const listed: string[] = [];
  const call = ({ method, path, body }: ApiRequest): Promise<unknown> => {
    if (method === "PATCH") live = withMetadata(live, { annotations: (body as Definition).metadata.annotations ?? {} });
    if (path.includes("customresourcedefinitions")) return Promise.resolve(live);
    listed.push(path);
    return Promise.resolve({ metadata: { resourceVersion: "9" }, items: [] });
  };
  const said = { report: () => undefined, warn: () => undefined, signal: new AbortController().signal };
  const inputs = {
    crd: CRD,
    version: "v3",
    versions: { v1: false, v2: true, v3: true },
    schema: "s",
    stopsHere: false,
  };
  await rehearse.run(inputs as unknown as RehearseInputs, { cluster: { call }, ...said } as unknown as PhaseWork);
  expect(listed).toEqual(["/apis/example.com/v2/databases", "/apis/example.com/v1/databases"]);
  const record = JSON.parse(live.metadata.annotations?.[REHEARSAL_ANNOTATION] ?? "") as RehearsalRecord;
  expect(record.stored).toEqual(["v2", "v1"]);
});
