import type { Definition } from "../../../components/crd/definition";
import type { ApiRequest } from "../../../components/kubernetes/api";
import type { Cluster } from "../../../components/kubernetes/cluster";
import { explainAnswer } from "../../../components/kubernetes/explain";
import type { ServeInputs } from "../../../components/versionedCRD/inputs";
import { dryRunStages } from "../../../components/versionedCRD/serve/dryRun";
import { servedStage, storedStage } from "../../../components/versionedCRD/stages";
import { applied } from "../apiServer";
import { CRD, manifest, OWNER, withMetadata, withStored, withWebhook } from "../fixtures";

const v1 = applied(undefined, servedStage(manifest("v1 storage"), undefined, OWNER));
const both = manifest("v1", "v2 storage");
const inputs = (given: Definition): ServeInputs => ({ manifest: given, owner: OWNER, storage: "v2" }) as ServeInputs;

const refusal = (request: ApiRequest, status: number, message: string, causes: object[] = []): Error =>
  explainAnswer(
    request,
    { status, headers: {}, text: JSON.stringify({ kind: "Status", message, details: { causes } }) },
    "https://cp",
  );

/** Answers each apply as the API server would, unless `refuse` has something against it. */
function asking(live: Definition | undefined, refuse: (request: ApiRequest, nth: number) => Error | undefined) {
  const requests: ApiRequest[] = [];
  const call = (request: ApiRequest): Promise<unknown> => {
    requests.push(request);
    const error = refuse(request, requests.length);
    return error === undefined ? Promise.resolve(applied(live, request.body as Definition)) : Promise.reject(error);
  };
  return { cluster: { call } as unknown as Cluster, requests };
}

test("one request, and it is a dry run of what serve applies, without a resourceVersion", async () => {
  const { cluster, requests } = asking(v1, () => undefined);
  expect(await dryRunStages(inputs(both), cluster, v1, false)).toMatchObject({ problems: [], notes: [] });
  expect(requests).toHaveLength(1);
  expect(requests[0]).toMatchObject({ method: "PATCH", query: { dryRun: "All" } });
  expect(requests[0]?.query).not.toHaveProperty("force");
  expect(requests[0]?.body).toEqual(servedStage(both, v1, OWNER));
});

test("where serve takes fields over, so does its dry run", async () => {
  const { cluster, requests } = asking(v1, () => undefined);
  await dryRunStages(inputs(both), cluster, v1, true);
  expect(requests[0]?.query).toMatchObject({ force: true });
});

test("what it refuses: a field a line with the version it is in, sorted, once, each cut, ten of them and a count", async () => {
  const field = (n: number): string => `spec.versions[1].schema.f${String(n).padStart(2, "0")}`;
  const causes = [...Array(11).keys()].reverse().map((n) => ({ field: field(n), message: `bad\n${"x".repeat(400)}` }));
  const { cluster } = asking(v1, (request) => refusal(request, 422, "invalid", [...causes, ...causes]));
  const { problems } = await dryRunStages(inputs(both), cluster, v1, false);
  const lines = problems[0]?.split("\n") ?? [];
  expect(lines[0]).toBe(`${CRD}: the API server refuses the definition that serve is to write (422):`);
  expect(lines[1]).toMatch(/^ {4}spec\.versions\[1\] \(v2\)\.schema\.f00: bad x+…$/);
  expect(lines[1]?.length).toBeLessThan(310);
  expect(lines[11]).toBe("    … and 1 more");
  expect(lines).toHaveLength(1 + 11 + 3);
});

test("one schema of all versions is named as they have it", async () => {
  const field = "spec.validation.openAPIV3Schema.properties[a].pattern";
  const { cluster } = asking(v1, (request) => refusal(request, 422, "invalid", [{ field, message: "no regexp" }]));
  const { problems } = await dryRunStages(inputs(both), cluster, v1, false);
  expect(problems[0]).toContain("    spec.versions[*].schema.openAPIV3Schema.properties[a].pattern: no regexp\n");
});

test.each([
  [500, "failed to create typed patch object: .spec.minimum: expected numeric, got &{3}"],
  [403, 'admission webhook "x" denied the request'],
  [409, "Apply failed with 1 conflict"],
])("%i %s is a refusal", async (status, message) => {
  const { cluster } = asking(v1, (request) => refusal(request, status, message));
  const { problems } = await dryRunStages(inputs(both), cluster, v1, false);
  expect(problems[0]).toContain(message);
});

test("without the right it says which one would have told, and goes on", async () => {
  const denied = `customresourcedefinitions.apiextensions.k8s.io "${CRD}" is forbidden: User "u" cannot patch resource "customresourcedefinitions" in API group "apiextensions.k8s.io" at the cluster scope`;
  const { cluster } = asking(v1, (request) => refusal(request, 403, denied));
  expect(await dryRunStages(inputs(both), cluster, v1, false)).toEqual({
    problems: [],
    notes: [
      `not looked at: ${CRD}: the API server was not asked whether it takes the definition that serve is to write: not allowed to patch customresourcedefinitions (403), without which there is no dry run`,
    ],
  });
});

test("an admission webhook that takes no dry runs is no refusal; a server that is down is an error", async () => {
  const unsupported = asking(v1, (request) => refusal(request, 400, "admission webhook x does not support dry run"));
  const { problems, notes } = await dryRunStages(inputs(both), unsupported.cluster, v1, false);
  expect([problems, notes.length]).toEqual([[], 1]);
  const down = asking(v1, (request) => refusal(request, 503, "down"));
  await expect(dryRunStages(inputs(both), down.cluster, v1, false)).rejects.toThrow("down");
});

describe("a webhook that leaves with the version that needs it", () => {
  const hooked = applied(undefined, servedStage(withWebhook(manifest("v1 storage", "v2")), undefined, OWNER));
  const live = withStored(applied(hooked, storedStage(hooked, "v2")), "v1", "v2");
  const alone = manifest("v2 storage");

  test("what drop leaves is asked as well, and that storedVersions still names the version is no refusal", async () => {
    const notYet = [{ field: "status.storedVersions[0]", message: "must appear in spec.versions" }];
    const { cluster, requests } = asking(live, (request, nth) =>
      nth === 2 ? refusal(request, 422, "i", notYet) : undefined,
    );
    expect((await dryRunStages(inputs(alone), cluster, live, false)).problems).toEqual([]);
    expect(requests).toHaveLength(2);
    const { spec } = requests[1]?.body as Definition;
    expect([spec.versions.map(({ name }) => name), spec.conversion]).toEqual([["v2"], undefined]);
  });

  test("another refusal of it is one", async () => {
    const causes = [
      { field: "status.storedVersions[0]", message: "must appear" },
      { field: "spec.conversion", message: "no" },
    ];
    const { cluster } = asking(live, (request, nth) => (nth === 2 ? refusal(request, 422, "i", causes) : undefined));
    const { problems } = await dryRunStages(inputs(alone), cluster, live, false);
    expect(problems[0]).toContain("that drop is to write (422):\n    spec.conversion: no\n");
  });

  test("under a caBundle of another controller it is not asked, and says so", async () => {
    const path = {
      "f:spec": { "f:conversion": { "f:webhook": { "f:clientConfig": { "f:caBundle": {} } } } },
    };
    const injected = withMetadata(live, {
      managedFields: [
        ...(live.metadata.managedFields ?? []),
        { manager: "cainjector", operation: "Update", fieldsV1: path },
      ],
    });
    const { cluster, requests } = asking(injected, () => undefined);
    const { notes } = await dryRunStages(inputs(alone), cluster, injected, false);
    expect(requests).toHaveLength(1);
    expect(notes[0]).toMatch(/definition that drop is to write: another controller's caBundle is to go/);
  });
});
