import { isNotLookedAtButPlanned, notLookedAtIn } from "./notLookedAt";
import { PHASE_FACTS, type PhaseFacts } from "./phases";
import type { EngineMessage, EngineRun, EngineStep } from "./run";

/** What a run is about to do, for people and programs to decide by. */
export interface Plan {
  readonly counts: PlanCounts;
  readonly components: readonly ComponentPlan[];
  /** Errors of the program or of other resources: where there are any, the plan may be less than the whole. */
  readonly otherErrors: readonly string[];
}

export interface PlanCounts {
  readonly steps: number;
  readonly cannotBeUndone: number;
  readonly errors: number;
  readonly warnings: number;
  readonly notLookedAt: number;
}

export interface ComponentPlan {
  readonly component: PhaseFacts["component"];
  readonly name: string;
  readonly steps: readonly PlannedStep[];
  readonly findings: readonly Finding[];
  /** What moves by itself: how many objects, who still uses a version. */
  readonly notes: readonly Remark[];
  readonly notLookedAt: readonly Remark[];
}

export interface PlannedStep {
  readonly phase: string;
  readonly about: string;
  readonly does: readonly string[];
  readonly canBeUndone: boolean;
  readonly undo: string;
  readonly onFailure: string;
}

export interface Remark {
  readonly phase: string;
  readonly text: string;
}

export interface Finding extends Remark {
  readonly severity: "error" | "warning";
}

interface PhaseResource {
  readonly type: string;
  readonly facts: PhaseFacts;
  readonly name: string;
  /** Two components under different parents may have one name. */
  readonly key: string;
}

/** The plan in a run of the engine; the same for a preview and for the `up` that carried it out. */
export function planDocumentOf({ steps, messages }: EngineRun): Plan {
  const mine = [...steps.map(({ urn }) => urn), ...messages.map(({ urn }) => urn)].flatMap((urn) => phaseOf(urn) ?? []);
  const keys = [...new Set(mine.map(({ key }) => key))].sort();
  const components = keys.flatMap((key) => {
    const of = mine.find((each) => each.key === key);
    const isIts = ({ urn }: { urn: string }): boolean => phaseOf(urn)?.key === key;
    return of === undefined ? [] : [componentPlan(of, steps.filter(isIts), messages.filter(isIts))];
  });
  const shown = components.filter(hasSomething);
  const otherErrors = messages
    .filter(({ urn, severity }) => severity === "error" && phaseOf(urn) === undefined)
    .map(({ text }) => text);
  return { counts: countAll(shown, otherErrors), components: shown, otherErrors };
}

function hasSomething({ steps, findings, notes, notLookedAt }: ComponentPlan): boolean {
  return steps.length + findings.length + notes.length + notLookedAt.length > 0;
}

function componentPlan(
  { facts, name }: PhaseResource,
  steps: readonly EngineStep[],
  messages: readonly EngineMessage[],
): ComponentPlan {
  const planned = inPhaseOrder(steps).flatMap((step) =>
    plannedSteps(
      step,
      messages.filter(({ urn }) => urn === step.urn),
    ),
  );
  const said = inPhaseOrder(messages).flatMap((message) => {
    const phase = phaseOf(message.urn)?.facts.phase ?? "";
    const isPlan = planned.some((step) => step.phase === phase && step.does.join("\n") === message.text);
    return isPlan ? [] : [{ ...message, phase, unseen: notLookedAtIn(message.text) }];
  });
  const seen = said.filter(({ unseen }) => unseen === undefined);
  return {
    component: facts.component,
    name,
    steps: planned,
    findings: seen.flatMap(({ phase, severity, text }) => (severity === "info" ? [] : [{ severity, phase, text }])),
    notes: seen.filter(({ severity }) => severity === "info").map(({ phase, text }) => ({ phase, text })),
    notLookedAt: said.flatMap(({ phase, unseen }) => (unseen === undefined ? [] : [{ phase, text: unseen }])),
  };
}

/** Phases in their order, whichever the engine told of first; what one said stays in its order. */
function inPhaseOrder<T extends { urn: string }>(all: readonly T[]): T[] {
  const order = Object.keys(PHASE_FACTS);
  const rank = ({ urn }: T): number => order.indexOf(phaseOf(urn)?.type ?? "");
  return [...all].sort((a, b) => rank(a) - rank(b) || compare(a.urn, b.urn));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function plannedSteps({ urn, op, inputs }: EngineStep, messages: readonly EngineMessage[]): PlannedStep[] {
  const facts = phaseOf(urn)?.facts;
  if (facts === undefined) return [];
  const about = textOf(inputs[facts.about]);
  if (op === "delete") return plannedDeletion(facts, about, inputs["onDelete"]);
  const does = Array.isArray(inputs["plan"]) ? inputs["plan"].map(textOf) : planOnRow(messages);
  if (!["create", "update"].includes(op) || does.length === 0 || inputs["heldBy"] !== undefined) return [];
  const { phase, canBeUndone, undo, onFailure } = facts;
  return [{ phase, about, does, canBeUndone, undo, onFailure }];
}

/** Where an input is not known yet, the plan is the row's first line. */
function planOnRow(messages: readonly EngineMessage[]): string[] {
  if (!messages.some(({ text }) => isNotLookedAtButPlanned(notLookedAtIn(text) ?? ""))) return [];
  const [first] = messages.filter(({ severity, text }) => severity === "info" && notLookedAtIn(text) === undefined);
  return first?.text.split("\n") ?? [];
}

/** Leaving the program touches nothing, unless `onDelete` asks for it. */
function plannedDeletion({ phase }: PhaseFacts, crd: string, onDelete: unknown): PlannedStep[] {
  if (phase !== "serve" || typeof onDelete !== "string") return [];
  const isWithObjects = onDelete === "delete-with-objects";
  return [
    {
      phase: "delete",
      about: crd,
      does: [`${crd} → (none): delete the CRD${isWithObjects ? " and every object of it" : ""}`],
      canBeUndone: false,
      undo: isWithObjects ? "no: the objects are gone" : "no: clients are refused from then on",
      onFailure: "stops; `pulumi up` tries again",
    },
  ];
}

/** `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME-PHASE`; undefined where it is no phase of ours. */
function phaseOf(urn: string): PhaseResource | undefined {
  const [, head = "", type = "", resource = ""] =
    /^(.*?)pulumi-nodejs:dynamic\/kubernetes-storage-migration:(\w+)::(.*)$/s.exec(urn) ?? [];
  const facts = PHASE_FACTS[type];
  if (facts === undefined) return undefined;
  // A StorageMigration has one resource for each entry: it is told apart by that, and has no phases.
  const name = facts.component === "StorageMigration" ? resource : resource.slice(0, -facts.phase.length - 1);
  return { type, facts, name, key: `${head}::${name}` };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

function countAll(components: readonly ComponentPlan[], otherErrors: readonly string[]): PlanCounts {
  const steps = components.flatMap((each) => each.steps);
  const findings = components.flatMap((each) => each.findings);
  return {
    steps: steps.length,
    cannotBeUndone: steps.filter(({ canBeUndone }) => !canBeUndone).length,
    errors: findings.filter(({ severity }) => severity === "error").length + otherErrors.length,
    warnings: findings.filter(({ severity }) => severity === "warning").length,
    notLookedAt: components.flatMap((each) => each.notLookedAt).length,
  };
}
