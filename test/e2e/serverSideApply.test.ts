import * as fc from "fast-check";
import {
  storageVersion,
  type Definition,
  type DefinitionSpec,
  type Version,
  definitionPath,
} from "../../components/crd/definition";
import type { ApiError } from "../../components/kubernetes/errors";
import { requireLiveDefinition } from "../../components/migration/definition/liveDefinition";
import {
  otherFieldManagers,
  withoutFieldManagers,
  takeOverFromFieldManagers,
} from "../../components/versionedCRD/fieldManagers";
import { applyDefinition } from "../../components/versionedCRD/applyDefinition";
import { servedStage, storedStage } from "../../components/versionedCRD/stages";
import { applied, conflicts, editedByOther, isValid } from "../unit/apiServer";
import { CRD, manifest, OWNER, schema, version, webhook, withMetadata } from "../unit/fixtures";
import { wanted } from "../unit/generatedManifests";
import { type Bench, startBench } from "./engine";

jest.setTimeout(300_000);

/**
 * One thing that happens to a definition: our write, as a phase makes it, or what another field manager applies or edits.
 * Where `takesOver`, ours is applied with force, and the others lose what they own of it, as serve does with takeOverFrom.
 */
type Step =
  | { intent: (live: Definition | undefined) => Definition; takesOver: boolean }
  | { edit: Change; manager: string }
  | { apply: Change; manager: string; force: boolean };
/** The part of the spec that somebody else writes. */
type Change = (live: DefinitionSpec) => Partial<DefinitionSpec>;

const withVersion = (spec: DefinitionSpec, change: (version: Version) => Version): Partial<DefinitionSpec> => ({
  versions: spec.versions.map((each, index) => (index === 0 ? change(each) : each)),
});
const ofVersions = fc.constantFrom<Change>(
  ({ versions }) => ({ versions }),
  (spec) => withVersion(spec, (version) => ({ ...version, schema: { openAPIV3Schema: schema("host", "extra") } })),
  (spec) => withVersion(spec, (version) => ({ ...version, served: !version.served })),
  ({ versions }) => ({ versions: [...versions.filter(({ name }) => name !== "v9"), version("v9 unserved")] }),
);
const ofConversion = fc.constantFrom<Change>(
  ({ conversion }) => ({ ...(conversion && { conversion }) }),
  () => ({ conversion: webhook() }),
  () => ({ conversion: webhook("https://gitops.example.com/") }),
  () => ({ conversion: { strategy: "None" } }),
);
const ofBoth = fc
  .tuple(ofVersions, ofConversion)
  .map(([versions, conversion]): Change => (spec) => ({ ...versions(spec), ...conversion(spec) }));
const change = fc.oneof(ofVersions, ofConversion, ofBoth);
const manager = fc.constantFrom("gitops", "operator");

const steps: fc.Arbitrary<Step[]> = fc
  .array(
    fc.oneof(
      fc.tuple(wanted, fc.boolean()).map(([manifest, takesOver]): Step[] => [
        { intent: (live) => servedStage(manifest, live, OWNER), takesOver },
        { intent: (live) => storedStage(live as Definition, storageVersion(manifest)), takesOver },
      ]),
      fc
        .constantFrom("all", "mine")
        .map((category): Step[] => [
          { edit: ({ names }) => ({ names: { ...names, categories: [category] } }), manager: "kubectl-edit" },
        ]),
      fc.tuple(change, manager).map(([edit, manager]): Step[] => [{ edit, manager }]),
      fc.tuple(change, manager, fc.boolean()).map(([apply, manager, force]): Step[] => [{ apply, manager, force }]),
      fc.tuple(change, manager, fc.boolean()).map(([apply, manager, force]): Step[] => [{ apply, manager, force }]),
    ),
    { minLength: 2, maxLength: 6 },
  )
  .map((all) => all.flat());

/** The property tests of the plans stand on a model of server-side apply: it has to answer as the API server does. */
describe("the model of server-side apply", () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench("server-side-apply", {
      controllerManager: false,
      rights: [{ apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"], verbs: ["*"] }],
    });
  });
  afterAll(() => bench.end());

  const path = definitionPath(CRD);
  const live = (): Promise<Definition> => requireLiveDefinition(bench.cluster, CRD);

  async function gone(): Promise<void> {
    await bench.local.client.send("DELETE", path);
    while ((await bench.local.client.send("GET", path)).status !== 404)
      await new Promise((done) => setTimeout(done, 50));
  }

  type Outcome = "done" | "conflict" | "invalid";

  /** What the model makes of a step, and whether it is refused. */
  function modelled(before: Definition | undefined, step: Step): [Definition | undefined, Outcome] {
    if ("edit" in step) {
      if (before === undefined) return [before, "done"];
      const after = editedByOther(before, step.edit(before.spec), step.manager);
      return isValid(after) ? [after, "done"] : [before, "invalid"];
    }
    if ("apply" in step) {
      if (before === undefined) return [before, "done"];
      const intent = partOf(step.apply(before.spec));
      if (!step.force && conflicts(before, intent, step.manager)) return [before, "conflict"];
      const after = applied(before, intent, step.manager);
      return isValid(after) ? [after, "done"] : [before, "invalid"];
    }
    const intent = step.intent(before);
    if (before !== undefined && !step.takesOver && conflicts(before, intent)) return [before, "conflict"];
    const after = applied(before, intent);
    if (!isValid(after)) return [before, "invalid"];
    if (before === undefined || !step.takesOver) return [after, "done"];
    const managers = takenOver(before, intent);
    return [withMetadata(after, { managedFields: withoutFieldManagers(after, managers) }), "done"];
  }

  /** The same step on the real one. */
  async function made(isThere: boolean, step: Step): Promise<Outcome> {
    const { client } = bench.local;
    if ("intent" in step) return ours(isThere, step);
    if (!isThere) return "done";
    const { spec } = await live();
    const body = "edit" in step ? { spec: removing(spec, step.edit(spec)) } : partOf(step.apply(spec));
    const [type, query] = "edit" in step ? ["merge-patch", ""] : ["apply-patch", step.force ? "&force=true" : ""];
    const to = `${path}?fieldManager=${step.manager}${query}`;
    const { status } = await client.send(
      "PATCH",
      to,
      body,
      `application/${type}+${type === "apply-patch" ? "yaml" : "json"}`,
    );
    return outcomeOf(status);
  }

  /** As serve does it. */
  async function ours(isThere: boolean, { intent, takesOver }: Extract<Step, { intent: unknown }>): Promise<Outcome> {
    try {
      await settled(async () => {
        const now = isThere ? await live() : undefined;
        const wanted = intent(now);
        const after = await applyDefinition(bench.cluster, wanted, now, { force: takesOver });
        if (now !== undefined && takesOver)
          await takeOverFromFieldManagers(bench.cluster, after, takenOver(now, wanted));
      });
      return "done";
    } catch (error) {
      if (/another field manager owns/.test((error as Error).message)) return "conflict";
      return outcomeOf((error as ApiError).status);
    }
  }

  test("on generated manifests, served and stored by us, applied and edited by two others, it has and refuses what the real one does", async () => {
    const met: Record<Outcome, number> = { done: 0, conflict: 0, invalid: 0 };
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        await gone();
        let model: Definition | undefined;
        for (const step of sequence) {
          const isThere: boolean = model !== undefined;
          const [after, expected] = modelled(model, step);
          expect(await made(isThere, step)).toBe(expected);
          model = after;
          if (model === undefined) continue;
          expect(read(await live())).toEqual(read(model));
          met[expected]++;
        }
      }),
      { numRuns: 60, seed: 7 },
    );
    expect(met.done).toBeGreaterThan(100);
    expect(met.conflict).toBeGreaterThan(10);
    expect(met.invalid).toBeGreaterThan(0);
  });
});

function partOf(spec: Partial<DefinitionSpec>): Definition {
  const definition = manifest();
  return { ...definition, spec: spec as DefinitionSpec };
}

/** A merge patch merges: what is to go is null. */
function removing({ conversion }: DefinitionSpec, spec: Partial<DefinitionSpec>): object {
  const leaves = spec.conversion?.strategy === "None" && conversion?.webhook !== undefined;
  return leaves ? { ...spec, conversion: { ...spec.conversion, webhook: null } } : spec;
}

function takenOver(live: Definition, intent: Definition): string[] {
  return otherFieldManagers(live, [intent]).map(({ manager }) => manager);
}

function outcomeOf(status: number): "done" | "conflict" | "invalid" {
  if (status === 409) return "conflict";
  if (status === 422) return "invalid";
  if (status === 200) return "done";
  throw new Error(`answered ${status}`);
}

/** Between our look and our write the API server writes the conditions of a new definition. */
async function settled(write: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!/was changed by someone else/.test((error as Error).message)) throw error;
    }
  }
}

/** What plans read. */
function read({ metadata, spec, status }: Definition): object {
  const { labels, annotations, generation, managedFields = [] } = metadata;
  const { kind } = spec.names;
  const fields = managedFields
    .filter(({ manager, subresource }) => subresource === undefined && manager !== "kube-apiserver")
    .map(({ manager, operation, fieldsV1 }) => ({
      manager,
      operation,
      fields: leavesOf(fieldsV1 ?? {}, { metadata, spec }).sort(),
    }));
  return {
    ...{ labels, annotations, generation, storedVersions: status?.storedVersions },
    // What the API server fills in.
    spec: { ...spec, names: { singular: kind.toLowerCase(), listKind: `${kind}List`, ...spec.names } },
    fields: fields.sort((left, right) =>
      `${left.manager} ${left.operation}` < `${right.manager} ${right.operation}` ? -1 : 1,
    ),
  };
}

/** Without the marks of maps: who makes one by an edit owns it as such, besides its fields. */
function leavesOf(fields: Record<string, unknown>, object: unknown, above = ""): string[] {
  return Object.entries(fields).flatMap(([key, below]) => {
    if (key === ".") return [];
    const value = (object as Record<string, unknown> | undefined)?.[key.replace(/^f:/, "")];
    const under = leavesOf(below as Record<string, unknown>, value, `${above} ${key}`);
    const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
    return under.length > 0 || isMap ? under : [`${above} ${key}`];
  });
}
