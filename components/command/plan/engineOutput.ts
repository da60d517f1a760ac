import { UserError } from "../../kubernetes/errors";
import type { EngineMessage, EngineRun, EngineStep } from "../../plan/run";

interface Step {
  op?: string;
  urn?: string;
  oldState?: State | null;
  newState?: State | null;
}
interface State {
  inputs?: Record<string, unknown>;
}
interface Diagnostic {
  urn?: string;
  severity?: string;
  message?: string;
}
interface Digest {
  steps?: Step[];
  diagnostics?: Diagnostic[];
  changeSummary?: unknown;
}
interface Event {
  diagnosticEvent?: Diagnostic & { ephemeral?: boolean };
  resourcePreEvent?: { metadata?: { op?: string; urn?: string; old?: State | null; new?: State | null } };
}

/**
 * What `pulumi preview --json` or `pulumi up --json` printed. The first is one object; the second is one event a line, behind the
 * object of its own preview where that was not skipped.
 *
 * @throws UserError for anything else
 */
export function readEngineOutput(text: string): EngineRun {
  const events = text.split("\n").filter((line) => line.startsWith('{"sequence":'));
  if (isCutOff(events.at(-1))) events.pop();
  return events.length > 0 ? runOfEvents(events.map((line) => parse(line) as Event)) : runOfDigest(parse(text));
}

/** The last line of a run that was killed. */
function isCutOff(line: string | undefined): boolean {
  try {
    if (line !== undefined) JSON.parse(line);
    return false;
  } catch {
    return true;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError({ ...unusable("no JSON that can be read"), why: (error as Error).message });
  }
}

function unusable(what: string) {
  return {
    what: `the input is ${what}`,
    expected: "the output of `pulumi preview --json` or `pulumi up --json`",
    next: "pulumi preview --json > preview.json",
  };
}

function runOfDigest(parsed: unknown): EngineRun {
  const { steps = [], diagnostics = [], changeSummary } = (parsed ?? {}) as Digest;
  // A state and a saved plan hold steps without what was found on the way.
  if (changeSummary === undefined || !Array.isArray(steps) || !Array.isArray(diagnostics)) {
    throw new UserError(unusable("JSON of another kind"));
  }
  return {
    steps: steps.flatMap(({ op, urn, oldState, newState }) => asStep(op, urn, newState ?? oldState)),
    messages: diagnostics.flatMap(asMessage),
  };
}

/** What is said of a resource after its step began tells what was done, not what was planned; an error is told whenever it came. */
function runOfEvents(events: readonly Event[]): EngineRun {
  const begun = new Set<string>();
  const steps: EngineStep[] = [];
  const messages: EngineMessage[] = [];
  for (const { resourcePreEvent, diagnosticEvent } of events) {
    const { op, urn = "", old, new: wanted } = resourcePreEvent?.metadata ?? {};
    if (urn !== "") {
      begun.add(urn);
      steps.push(...asStep(op, urn, wanted ?? old));
    }
    if (diagnosticEvent === undefined || diagnosticEvent.ephemeral === true) continue;
    const said = asMessage(diagnosticEvent);
    messages.push(...said.filter((each) => each.severity === "error" || !begun.has(each.urn)));
  }
  return { steps, messages };
}

function asStep(op = "", urn = "", state: State | null | undefined): EngineStep[] {
  return [{ op, urn, inputs: state?.inputs ?? {} }];
}

function asMessage({ urn = "", severity = "", message = "" }: Diagnostic): EngineMessage[] {
  const [known] = (["error", "warning", "info"] as const).filter(
    (each) => severity === each || severity === `${each}#err`,
  );
  const text = withoutEngine(message).trim();
  return known === undefined || text === "" ? [] : [{ urn, severity: known, text }];
}

/** The engine's own words around what `check` refused, and colours. */
function withoutEngine(message: string): string {
  return message
    .replace(/<\{%[^%]*%\}>|\u001b\[[\d;]*m/g, "")
    .replace(/^(?:error|warning|info): /, "")
    .replace(/^\S+ resource '[^']*': property \S+ value \{.*?\} has a problem: /s, "");
}
