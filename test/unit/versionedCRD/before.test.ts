import * as pulumi from "@pulumi/pulumi";
import { VersionedCRD, type Before, type VersionedCRDArgs } from "../../../components";
import { PHASES, type PhaseName } from "../../../components/versionedCRD/phase";
import { manifest } from "../fixtures";
import { known, ran } from "../program";

const crd = manifest("v1", "v2 storage") as unknown as NonNullable<VersionedCRDArgs["crd"]>;

/** What must roll: any resource of the program. */
class Operator extends pulumi.CustomResource {
  constructor(name: string, dependsOn: pulumi.Resource[] = [], parent?: pulumi.Resource) {
    super("test:index:Operator", name, {}, { dependsOn, ...(parent && { parent }) });
  }
}

class Operators extends pulumi.ComponentResource {
  constructor(name: string) {
    super("test:index:Operators", name);
    new Operator(`${name}-child`, [], this);
    this.registerOutputs({});
  }
}

/** Names of what `databases-<phase>` waits for. */
async function dependencies(before: Before, phase: PhaseName): Promise<string[]> {
  const { resources } = await ran({ databases: { crd, before } });
  return resources.get(`databases-${phase}`)?.dependsOn ?? [];
}

test.each<[PhaseName, string[]]>([
  ["serve", ["operator"]],
  ["rehearse", ["databases-serve", "operator"]],
  ["store", ["databases-rehearse", "operator"]],
  ["migrate", ["databases-store", "operator"]],
  ["drop", ["databases-migrate", "operator"]],
])("before.%s: the phase waits for the phase ahead of it and for what the callback made", async (phase, expected) => {
  expect(await dependencies({ [phase]: () => [new Operator("operator")] }, phase)).toEqual(expected);
});

test("the callback is given every phase ahead, and what it makes may wait for any of them", async () => {
  const before: Before = { drop: ({ serve }) => [new Operator("operator", [serve])] };
  const { resources } = await ran({ databases: { crd, before } });
  expect(resources.get("operator")?.dependsOn).toEqual(["databases-serve"]);
});

test.each<[PhaseName, PhaseName[]]>(PHASES.map((phase, index) => [phase, PHASES.slice(0, index)]))(
  "before.%s sees %j and no phase that is not there yet",
  async (phase, ahead) => {
    const seen: string[] = [];
    const callback = (phases: object) => (seen.push(...Object.keys(phases)), [new Operator("operator")]);
    await ran({ databases: { crd, before: { [phase]: callback } } });
    expect(seen).toEqual(ahead);
  },
);

test.each<[string, () => ReturnType<NonNullable<Before["serve"]>>]>([
  ["one resource", () => new Operator("operator")],
  ["a promise of it", () => Promise.resolve(new Operator("operator"))],
  ["an output of it", () => pulumi.output(new Operator("operator"))],
  ["an output of several, as a chart has", () => pulumi.output([new Operator("operator")])],
  ["several, each an input of its own", () => [Promise.resolve(new Operator("operator"))]],
])("what a callback returns may be %s", async (_what, made) => {
  expect(await dependencies({ store: made }, "store")).toEqual(["databases-rehearse", "operator"]);
});

test("a component counts with its children", async () => {
  expect(await dependencies({ drop: () => [new Operators("operators")] }, "drop")).toContain("operators-child");
});

test("an empty list is nothing to wait for", async () => {
  expect(await dependencies({ drop: () => [] }, "drop")).toEqual(["databases-migrate"]);
});

test("no input of a phase comes from what it waits for: unknown in preview, it would hide the plan", async () => {
  const { resources } = await ran({ databases: { crd, before: { drop: () => [new Operator("operator")] } } });
  const { resources: without } = await ran({ databases: { crd } });
  expect(resources.get("databases-drop")?.inputs).toEqual(without.get("databases-drop")?.inputs);
});

test("callbacks of held phases are called too: what they made must not leave the stack when stopAfter is lowered", async () => {
  const before: Before = { drop: () => [new Operator("operator")] };
  const { resources } = await ran({ databases: { crd, before, stopAfter: "serve" } });
  expect(resources.has("operator")).toBe(true);
});

test("anchors: any resource of the program may wait for a phase", async () => {
  const { components } = await ran({ databases: { crd } });
  const serve = components[0]?.phases.serve;
  expect(await known(pulumi.output(serve?.id))).toBe("databases-serve");
});

test.each<[string, object, string]>([
  [
    "a phase that there is none of",
    { flip: () => [] },
    "before.flip is no phase\n  expected: one of serve, rehearse, store, migrate, drop",
  ],
  [
    "resources instead of a function that makes them",
    { drop: [] },
    "before.drop is of type object\n  expected: a function that returns resources: (phases) => [new Deployment(…, { dependsOn: phases.serve })]",
  ],
  [
    "a function that forgets to return",
    { drop: () => undefined },
    "before.drop returned undefined\n  expected: the resources that drop is to wait for: (phases) => [new Deployment(…, { dependsOn: phases.serve })]",
  ],
])("%s is an error on the component", async (_what, before, message) => {
  await ran({});
  const make = () => new VersionedCRD("databases", { crd, before });
  expect(make).toThrow(message);
  expect(make).toThrow(pulumi.ResourceError);
});
