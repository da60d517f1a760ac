import * as fs from "fs";
import { checkout } from "../../../local/checkout";
import { notLookedAt, notLookedAtButPlanned } from "../../../components/plan/notLookedAt";
import { planDocumentOf } from "../../../components/plan/document";
import { PHASE_FACTS } from "../../../components/plan/phases";
import type { EngineMessage, EngineRun, EngineStep } from "../../../components/plan/run";
import { ROTATION_PHASES } from "../../../components/encryptionKeyRotation/phase";
import { PHASES } from "../../../components/versionedCRD/phase";

const urnOf = (type: string, name: string, parent = "kubernetes-storage-migration:index:X"): string =>
  `urn:pulumi:test::shop::${parent}$pulumi-nodejs:dynamic/kubernetes-storage-migration:${type}::${name}`;

const step = (type: string, name: string, inputs: object, op = "update"): EngineStep => ({
  ...{ urn: urnOf(type, name), op },
  inputs: { crd: "databases.example.com", ...inputs },
});
const message = (type: string, name: string, text: string, severity: EngineMessage["severity"] = "info") => ({
  ...{ urn: urnOf(type, name), severity, text },
});
const run = (steps: EngineStep[], messages: EngineMessage[] = []): EngineRun => ({ steps, messages });

test("every phase of both components has its facts, in the order in which they run", () => {
  const of = (component: string): string[] =>
    Object.values(PHASE_FACTS)
      .filter((facts) => facts.component === component)
      .map(({ phase }) => phase);
  expect(of("VersionedCRD")).toEqual(PHASES);
  expect(of("EncryptionKeyRotation")).toEqual(ROTATION_PHASES);
});

test.each(["whole", "rotated"])("the type of each phase that a release recorded (%s) has facts", (situation) => {
  const file = checkout("test", "fixtures", "state", "0.1.0", situation, "recording.json");
  const { state } = JSON.parse(fs.readFileSync(file, "utf8")) as {
    state: { deployment: { resources: { type: string; inputs?: { plan?: string[] } }[] } };
  };
  const types = state.deployment.resources.filter(({ inputs }) => inputs?.plan !== undefined).map(({ type }) => type);
  expect(types.length).toBeGreaterThan(3);
  for (const type of types) expect(PHASE_FACTS).toHaveProperty(type.split(":").at(-1) ?? "");
});

test("what cannot be undone is drop, retire and what StorageMigration prunes; the answer begins with it", () => {
  const not = Object.entries(PHASE_FACTS).filter(([, { canBeUndone }]) => !canBeUndone);
  expect(not.map(([type]) => type)).toEqual(["Drop", "Retire", "MigrateObjects"]);
  for (const { canBeUndone, undo } of Object.values(PHASE_FACTS)) {
    expect(undo).toMatch(canBeUndone ? /^(yes|nothing to undo)\b/ : /^no: /);
  }
});

test("steps stand in the order of the phases and components by name, whichever the engine told of first", () => {
  const steps = [
    step("Store", "b-store", { plan: ["storage v1 → v2"] }),
    step("Serve", "b-serve", { plan: ["(none) → v2"] }),
    step("Retire", "a-retire", { rotation: "a", plan: ["[old] → []"] }),
  ];
  const shown = planDocumentOf(run(steps));
  expect(shown.components.map(({ name, steps: own }) => [name, ...own.map(({ phase }) => phase)])).toEqual([
    ["a", "retire"],
    ["b", "serve", "store"],
  ]);
  expect(JSON.stringify(planDocumentOf(run([...steps].reverse())))).toBe(JSON.stringify(shown));
  expect(shown.counts).toMatchObject({ steps: 3, cannotBeUndone: 1 });
});

test.each([
  ["the same as before", step("Serve", "a-serve", { plan: ["x → y"] }, "same")],
  ["held", step("Drop", "a-drop", { plan: ["v1 → (none)"], heldBy: "migrate" }, "create")],
  ["without work", step("Store", "a-store", { plan: [] })],
  ["not planned yet", step("Store", "a-store", {})],
  ["removed from the program, which touches nothing", step("Serve", "a-serve", { plan: ["x"] }, "delete")],
])("a phase that is %s is no step", (_, given) => {
  expect(planDocumentOf(run([given])).counts.steps).toBe(0);
});

test.each([
  ["delete", "databases.example.com → (none): delete the CRD"],
  ["delete-with-objects", "databases.example.com → (none): delete the CRD and every object of it"],
])("a CRD that leaves with onDelete %s is a step that cannot be undone", (onDelete, sentence) => {
  const { components, counts } = planDocumentOf(run([step("Serve", "a-serve", { onDelete }, "delete")]));
  expect(components[0]?.steps).toMatchObject([{ phase: "delete", does: [sentence], canBeUndone: false }]);
  expect(counts.cannotBeUndone).toBe(1);
});

test("messages become findings, notes and what was not looked at; the plan's own line is not said again", () => {
  const steps = [step("Serve", "a-serve", { plan: ["(none) → v2", "conversion None → Webhook"] })];
  const { components, counts, otherErrors } = planDocumentOf(
    run(steps, [
      message("Drop", "a-drop", "v1 is still used"),
      message("Serve", "a-serve", "(none) → v2\nconversion None → Webhook"),
      message("Serve", "a-serve", "clients may feel it", "warning"),
      message("Serve", "a-serve", notLookedAt("admission rules: not allowed to list them (403)"), "warning"),
      { urn: "", severity: "error", text: "the program threw" },
      { urn: "", severity: "info", text: "of somebody else" },
    ]),
  );
  expect(components).toMatchObject([
    {
      findings: [{ severity: "warning", phase: "serve", text: "clients may feel it" }],
      notes: [{ phase: "drop", text: "v1 is still used" }],
      notLookedAt: [{ phase: "serve", text: "admission rules: not allowed to list them (403)" }],
    },
  ]);
  expect(otherErrors).toEqual(["the program threw"]);
  expect(counts).toEqual({ steps: 1, cannotBeUndone: 0, errors: 1, warnings: 1, notLookedAt: 1 });
});

test("two components of one name under different parents are two", () => {
  const given = ["one", "two"].map((parent) => ({
    ...step("Serve", "a-serve", { plan: [parent] }),
    urn: urnOf("Serve", "a-serve", parent),
  }));
  expect(planDocumentOf(run(given)).components.map(({ steps }) => steps[0]?.does)).toEqual([["one"], ["two"]]);
});

test("a StorageMigration is named with its entry", () => {
  const given = step("MigrateObjects", "all-*.x-migrate", { resource: "*.x-migrate", plan: ["a.x-migrate: v1 → v2"] });
  expect(planDocumentOf(run([given])).components).toMatchObject([
    { component: "StorageMigration", name: "all-*.x-migrate", steps: [{ about: "*.x-migrate" }] },
  ]);
});

test("where preview does not know an input, the plan on the row is the step; without a plan there a note stays one", () => {
  const given = [step("Serve", "a-serve", {}), step("Store", "a-store", {})];
  const [component] = planDocumentOf(
    run(given, [
      message("Serve", "a-serve", "(none) → v2\nconversion None → Webhook"),
      message("Serve", "a-serve", "a note"),
      message("Serve", "a-serve", notLookedAtButPlanned(["caBundle"], ["(none) → v2", "conversion None → Webhook"])),
      message("Store", "a-store", "another note"),
      message("Store", "a-store", notLookedAtButPlanned(["caBundle"], [])),
    ]),
  ).components;
  expect(component?.steps).toMatchObject([{ phase: "serve", does: ["(none) → v2", "conversion None → Webhook"] }]);
  expect(component?.notes.map(({ text }) => text)).toEqual(["a note", "another note"]);
  expect(component?.notLookedAt).toHaveLength(2);
});
