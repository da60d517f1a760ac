import { ADMISSION_RESOURCES } from "../../components/kubernetes/admission";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { setTimeout as sleep } from "timers/promises";
import type * as automation from "@pulumi/pulumi/automation";
import { VersionedCRD, type VersionedCRDArgs } from "../../components";
import { FIELD_MANAGER } from "../../components/crd/names";
import { definitionOf, pluralOf } from "../shapes/manifests";
import { auditedRequests, auditFlags, mostInFlight, type AuditedRequest } from "./audit";
import { startWorld, type TestStack, type World } from "./harness";

jest.setTimeout(600_000);

const COUNT = 100;
/** On two cores that do other things as well, a hundred at once take their time. */
const TIMEOUT_SECONDS = 10;
/** Long before Jest ends the test without a word of what it waited for. */
const ENGINE_MS = 480_000;
/** components/kubernetes/budget.ts */
const BUDGET = 48;
const group = "many.example.com";
const letter = (index: number): string => String.fromCharCode(97 + index);
const kinds = Array.from({ length: COUNT }, (_, index) => `Kind${letter(Math.floor(index / 10))}${letter(index % 10)}`);

/** The last that each resource under way has said. */
function noteRow(underWay: Map<string, string>, event: automation.EngineEvent): void {
  const { resourcePreEvent: begun, diagnosticEvent: said, resOutputsEvent: done, resOpFailedEvent: failed } = event;
  if (begun !== undefined) underWay.set(begun.metadata.urn, `${begun.metadata.urn}: ${begun.metadata.op}`);
  if (said?.urn !== undefined) underWay.set(said.urn, `${said.urn}: ${said.message.trim()}`);
  const ended = done ?? failed;
  if (ended !== undefined) underWay.delete(ended.metadata.urn);
}

/** The API server's own audit log is the witness: what it was asked, and when it began and ended each answer. */
describe(`${COUNT} CRDs in one stack`, () => {
  let world: World;
  let stack: TestStack;
  let dir: string;
  let log: string;

  beforeAll(async () => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), "many-"));
    log = path.join(dir, "audit.log");
    const resources = kinds.map((kind) => ({ group, plural: pluralOf(kind) }));
    const flags = { apiServerFlags: auditFlags(dir, log), requestTimeoutSeconds: TIMEOUT_SECONDS };
    world = await startWorld(resources, { ...flags, controllerManager: false });
    stack = await world.stack("many");
    const { workspace } = stack.automation;
    // Else most of the time goes into writing a state of 600 resources to a file at every step.
    workspace.envVars = { ...workspace.envVars, PULUMI_SKIP_CHECKPOINTS: "true" };
    await Promise.all(kinds.map(install));
  });
  afterAll(async () => {
    await world.end();
    fs.rmSync(dir, { recursive: true });
  });

  const definition = (kind: string, ...versions: string[]) => {
    const properties = { spec: { type: "object", properties: { host: { type: "string" } } } };
    const schema = { openAPIV3Schema: { type: "object", properties } };
    const isLast = (name: string): boolean => name === versions.at(-1);
    return definitionOf({
      kind,
      group,
      versions: versions.map((name) => ({ name, served: true, storage: isLast(name), schema })),
    });
  };

  /** v1, and one object of it. */
  const install = async (kind: string): Promise<void> => {
    const { status: _status, ...body } = definition(kind, "v1");
    const { client } = world.cluster;
    const crd = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${body.metadata.name}`;
    await client.apply(crd, body, FIELD_MANAGER);
    const object = { apiVersion: `${group}/v1`, kind, metadata: { name: "one" }, spec: { host: kind } };
    for (let status = 0; status !== 201;) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      ({ status } = await client.send("POST", `/apis/${group}/v1/namespaces/default/${pluralOf(kind)}`, object));
    }
  };

  const run = async (command: "preview" | "up", unchanged = false): Promise<AuditedRequest[]> => {
    // No controller manager runs here: in-tree is planned, and not carried out.
    const migrator = command === "up" || unchanged ? "direct" : "in-tree";
    const program: automation.PulumiFn = () => {
      for (const kind of kinds) {
        const crd = definition(kind, "v1", "v2") as unknown as NonNullable<VersionedCRDArgs["crd"]>;
        new VersionedCRD(kind, { crd, kubeconfig: world.kubeconfig, migrator, requestTimeoutSeconds: TIMEOUT_SECONDS });
      }
      return Promise.resolve();
    };
    const began = new Date().toISOString();
    const options = { program, parallel: COUNT, ...(unchanged && { expectNoChanges: true }) };
    const underWay = new Map<string, string>();
    const ended = stack.automation[command]({ ...options, onEvent: (event) => noteRow(underWay, event) });
    const limit = new AbortController();
    const late = sleep(ENGINE_MS, undefined, { signal: limit.signal }).then(() => {
      const rows = [...underWay.values()].join("\n");
      throw new Error(`${command} has not ended in ${ENGINE_MS / 1_000} s; under way:\n${rows}`);
    });
    try {
      await Promise.race([ended, late]);
    } finally {
      limit.abort();
    }
    return auditedRequests(log, "pipeline", began);
  };

  /** How often each kind of request was made for one CRD, and how often in all those of which there are only a few. */
  const counted = (requests: AuditedRequest[]) => {
    const found: Record<string, number> = {};
    for (const { verb, uri } of requests) {
      const what = `${verb} ${uri.replace(/kind[a-j]{2}s/, "*").replace(/\?.*/, "")}`;
      found[what] = (found[what] ?? 0) + 1;
    }
    const isFew = ([, times]: [string, number]): boolean => times < COUNT / 2;
    const perCrd = Object.entries(found).filter((entry) => !isFew(entry));
    return {
      perCrd: Object.fromEntries(perCrd.map(([what, times]) => [what, times / COUNT])),
      few: Object.fromEntries(Object.entries(found).filter(isFew)),
    };
  };

  test("T1: preview asks eleven requests for each CRD at most, and what is the cluster's own once for all", async () => {
    const requests = await run("preview");
    const { perCrd, few } = counted(requests);
    const shared = {
      [`get /apis/apiextensions.k8s.io/v1/customresourcedefinitions/*.${group}`]: 5, // one a phase
      [`list /apis/${group}/v1/namespaces/kubernetes-storage-migration/*`]: 2, // of nothing: is it listed at all?
    };
    // Known to all phases of a CRD for ten seconds; in a preview that takes longer some ask again.
    for (const [what, times] of Object.entries(shared)) expect(perCrd[what]).toBeLessThanOrEqual(times);
    expect({ ...perCrd, ...shared }).toEqual({
      ...shared,
      [`patch /apis/apiextensions.k8s.io/v1/customresourcedefinitions/*.${group}`]: 1, // dry: would it be taken?
      [`list /apis/${group}/v1/*`]: 3, // who else writes them; how many there are; the first fifty, whole
    });
    const ofTheCluster = [
      "get /api",
      "get /api/v1/namespaces/kube-system",
      "get /apis/storagemigration.k8s.io",
      ...ADMISSION_RESOURCES.map((plural) => `list /apis/admissionregistration.k8s.io/v1/${plural}`),
    ];
    expect(Object.keys(few).sort()).toEqual(ofTheCluster.sort());
    // Known for ten seconds; a preview that takes longer asks again.
    expect(Math.max(...Object.values(few))).toBeLessThan(10);
    expect(mostInFlight(requests)).toBeLessThanOrEqual(BUDGET);
  });

  test("T2: one `up` moves them all, never with more requests under way than one budget", async () => {
    const requests = await run("up");
    // A lock's renewal does not queue behind the work that it guards.
    const queued = requests.filter(({ uri }) => !/leases\/storage-migration-/.test(uri));
    expect(mostInFlight(queued)).toBeLessThanOrEqual(BUDGET);
    // Who the API servers are, and whether they live, is asked once a second each, for however many CRDs.
    const asked = requests.filter(({ uri }) => uri.includes("identity%3Dkube-apiserver"));
    const seconds =
      (Math.max(...asked.map(({ ended }) => ended)) - Math.min(...asked.map(({ began }) => began))) / 1_000;
    expect(asked.length).toBeLessThanOrEqual(2 * seconds + 2);
    for (const kind of kinds) {
      expect(Object.values(await world.stored(group, pluralOf(kind)))).toEqual([`${group}/v2`]);
    }
  });

  test("T3: unchanged, nothing is planned for any of them", async () => {
    const requests = await run("preview", true);
    expect(requests.length).toBeLessThanOrEqual(8 * COUNT);
  });
});
