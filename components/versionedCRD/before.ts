import type * as pulumi from "@pulumi/pulumi";
import { UserError } from "../kubernetes/errors";
import { describeProblem } from "../kubernetes/problem";
import { type Phase, type PhaseName, PHASES } from "./phase";

/** One resource a phase: anchors for `dependsOn`. */
export type Phases = Readonly<Record<PhaseName, Phase>>;

/** Resources that a phase waits for. A component counts with all its children. */
export type WaitsFor = pulumi.Input<pulumi.Resource> | pulumi.Input<pulumi.Input<pulumi.Resource>[]>;

/** For each phase, a function that makes what must be in place before it starts; it is given the phases ahead of that one. */
export interface Before {
  /** Ahead of everything, e.g. the Deployment behind the conversion webhook. */
  serve?: () => WaitsFor;
  rehearse?: (ahead: Pick<Phases, "serve">) => WaitsFor;
  store?: (ahead: Pick<Phases, "serve" | "rehearse">) => WaitsFor;
  migrate?: (ahead: Pick<Phases, "serve" | "rehearse" | "store">) => WaitsFor;
  drop?: (ahead: Pick<Phases, "serve" | "rehearse" | "store" | "migrate">) => WaitsFor;
}

const EXAMPLE = "(phases) => [new Deployment(…, { dependsOn: phases.serve })]";

/** Why `before` cannot be used; undefined when it can. Plain JavaScript programs have no compiler to tell them. */
export function checkBefore(before: Before): string | undefined {
  for (const [key, callback] of Object.entries(before) as [string, unknown][]) {
    if (!(PHASES as readonly string[]).includes(key)) {
      return describeProblem({ what: `before.${key} is no phase`, expected: `one of ${PHASES.join(", ")}` });
    }
    if (callback !== undefined && typeof callback !== "function") {
      return describeProblem({
        what: `before.${key} is of type ${typeof callback}`,
        expected: `a function that returns resources: ${EXAMPLE}`,
      });
    }
  }
  return undefined;
}

/**
 * What a phase depends on: the phase ahead of it, and whatever its callback made. Resources only, never their outputs:
 * those are unknown in preview and would hide the phase's plan.
 *
 * @param ahead the phases ahead of it, in order
 * @throws UserError when the callback returned nothing to wait for
 */
export function dependenciesWithBefore(
  phase: PhaseName,
  ahead: Partial<Phases>,
  before: Before,
): pulumi.Input<pulumi.Resource>[] {
  const previous = Object.values(ahead).at(-1);
  const own = previous === undefined ? [] : [previous];
  const callback = before[phase] as ((ahead: Partial<Phases>) => WaitsFor | undefined) | undefined;
  if (callback === undefined) return own;
  const made = callback({ ...ahead });
  if (typeof made !== "object" || made === null) {
    throw new UserError({
      what: `before.${phase} returned ${String(made)}`,
      expected: `the resources that ${phase} is to wait for: ${EXAMPLE}`,
    });
  }
  // The SDK follows nested arrays, promises and outputs by itself; its type knows the first level alone.
  return [...own, ...(Array.isArray(made) ? made : [made as pulumi.Input<pulumi.Resource>])];
}
