import * as fc from "fast-check";
import { storageVersion, type Definition } from "../../components/crd/definition";
import { definitionPath, FIELD_MANAGER } from "../../components/crd/names";
import { applyDefinition, requireDefinition } from "../../components/versionedCRD/live";
import { servedStage, storedStage } from "../../components/versionedCRD/stages";
import { applied, editedByOther } from "../unit/apiServer";
import { CRD, OWNER } from "../unit/fixtures";
import { wanted } from "../unit/generatedManifests";
import { type Bench, startBench } from "./engine";

jest.setTimeout(300_000);

/** One thing that happens to a definition: our write, as a phase makes it, or someone else's edit. */
type Step = { intent: (live: Definition | undefined) => Definition } | { edit: (live: Definition) => object };

const steps: fc.Arbitrary<Step[]> = fc
  .array(
    fc.oneof(
      wanted.map((manifest): Step[] => [
        { intent: (live) => servedStage(manifest, live, OWNER) },
        { intent: (live) => storedStage(live as Definition, storageVersion(manifest)) },
      ]),
      fc
        .constantFrom("all", "mine")
        .map((category): Step[] => [
          { edit: ({ spec: { names } }) => ({ names: { ...names, categories: [category] } }) },
        ]),
    ),
    { minLength: 1, maxLength: 4 },
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
  const live = (): Promise<Definition> => requireDefinition(bench.cluster, CRD);

  async function gone(): Promise<void> {
    await bench.local.client.send("DELETE", path);
    while ((await bench.local.client.send("GET", path)).status !== 404)
      await new Promise((done) => setTimeout(done, 50));
  }

  test("on generated manifests, served, stored, edited by someone else and served again, it has what the real one has", async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        await gone();
        let model: Definition | undefined;
        for (const step of sequence) {
          if ("intent" in step) {
            const before = model;
            model = applied(model, step.intent(model));
            await settled(async () => {
              const now = before === undefined ? undefined : await live();
              await applyDefinition(bench.cluster, step.intent(now), now, { force: true });
            });
          } else if (model !== undefined) {
            model = editedByOther(model, step.edit(model));
            await bench.local.client.mergePatch(`${path}?fieldManager=kubectl-edit`, { spec: step.edit(await live()) });
          } else continue;
          expect(read(await live())).toEqual(read(model));
          compared++;
        }
      }),
      { numRuns: 60, seed: 7 },
    );
    expect(compared).toBeGreaterThan(100);
  });
});

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
  const ours = managedFields.filter(
    ({ manager, subresource }) => manager === FIELD_MANAGER && subresource === undefined,
  );
  return {
    ...{ labels, annotations, generation, storedVersions: status?.storedVersions },
    // What the API server fills in.
    spec: { ...spec, names: { singular: kind.toLowerCase(), listKind: `${kind}List`, ...spec.names } },
    ours: ours.map(({ operation, fieldsV1 }) => ({ operation, fieldsV1 })),
  };
}
