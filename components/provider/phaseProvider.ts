import type { Cluster } from "../kubernetes/cluster";
import { UserError } from "../kubernetes/errors";
import { clusterIdentity, IDENTITY_RULE } from "../kubernetes/identity";
import { withLock } from "../kubernetes/lock";
import { type Hold, NO_HOLD } from "../kubernetes/lockHold";
import type { Report } from "../kubernetes/report";
import { withRetries } from "../kubernetes/retry";
import { notLookedAt, notLookedAtButPlanned } from "../plan/notLookedAt";
import { connect, type StackConfig } from "./connection";
import { engineGone } from "./engine";
import { isInProgram, noteInProgram, twinInProgram } from "./inProgram";
import { SHARED_DEFAULTS, type SharedInputs } from "./inputs";
import type { PhaseLogic, PhaseWork, Preview } from "./phaseLogic";
import { Row } from "./row";
import { assertSameCluster, recognizeSameCluster } from "./sameCluster";
import { endSharingByPlans } from "./sharedByPlans";
import type { Subject } from "./subject";
import { unknownPaths, areUnknownWithin } from "./unknownValues";

const NOT_RECOGNIZED = notLookedAt(
  `whether this is the same cluster as last time is not checked: namespace kube-system may not be read; grant ${IDENTITY_RULE}`,
);

/** Keys the engine and the shim need; they never show in a diff. */
export interface Hidden {
  __provider: string;
  __urn: string;
}

export type Inputs = SharedInputs & Hidden & { plan?: string[] } & Record<string, unknown>;
export type Outputs = Inputs & { plan: string[] };

/** What a phase does, and what about. */
interface Phase {
  name: string;
  logic: PhaseLogic<Inputs, Outputs, unknown>;
  subject: Subject<Inputs, unknown>;
}

/** URNs that were planned in this process. A refresh asks for a diff without a check: its plan is the one of the last run. */
const planned = new Set<string>();

/**
 * The provider behind the constant text in shim.ts. `logic` is a PhaseLogic, `subject` the Subject of its component.
 *
 * @param config as states of earlier builds hand it over; now it comes by `configure`
 */
export function phaseProvider(name: string, logic: object, subject: object, config?: StackConfig) {
  const phase = { name, logic, subject } as Phase;
  return {
    configure: (request: { config: StackConfig }): void => void (config = request.config),
    check: (olds: Partial<Inputs> | undefined, news: Inputs) =>
      onRow(news, () => check(phase, olds, { ...news, ...phase.subject.inputsFromState(olds, news) }, config)),
    diff: (_id: string, olds: Outputs, news: Inputs) => Promise.resolve(diff(phase.logic, olds, news)),
    create: async (inputs: Inputs) => ({
      id: idOf(phase, inputs),
      outs: await onRow(inputs, () => runPhase(phase, {}, inputs, config)),
    }),
    update: async (_id: string, olds: Outputs, news: Inputs) => ({
      outs: await onRow(news, () => runPhase(phase, olds, news, config)),
    }),
    delete: async (_id: string, outputs: Outputs) => {
      const isWanted = (outputs as { onDelete?: string }).onDelete !== undefined;
      if (isWanted && phase.logic.remove !== undefined) await onRow(outputs, () => removePhase(phase, outputs, config));
    },
  };
}

/** Requests that are repeated after a bad answer say so on the phase's row. */
function onRow<T>({ __urn }: Inputs, work: () => Promise<T>): Promise<T> {
  const row = new Row(__urn);
  return withRetries({ report: (message) => void row.status(message) }, work);
}

function idOf({ subject }: Phase, inputs: Inputs): string {
  return String(inputs[subject.key]);
}

async function check(phase: Phase, olds: Partial<Inputs> | undefined, given: Inputs, config: StackConfig | undefined) {
  const { name, logic, subject } = phase;
  const news = { ...SHARED_DEFAULTS, ...given };
  const { plansWithout = [], indifferentTo = [] } = logic;
  const row = new Row(news.__urn);
  const unknown = unknownPaths(news);
  if (!areUnknownWithin(unknown, [...plansWithout, ...indifferentTo])) {
    await row.info(notLookedAt(`planned once its inputs are known: preview cannot tell ${unknown.join(", ")} yet`));
    return { inputs: given, failures: [] };
  }
  try {
    const cluster = await connect(news, config);
    const clusterId = await recognizeSameCluster(cluster, news, olds?.clusterId);
    noteInProgram(idOf(phase, news), news.__urn, { phase: name, clusterId });
    const twin =
      name === subject.first ? twinInProgram(idOf(phase, news), news.__urn, { phase: name, clusterId }) : undefined;
    const twice = twin && subject.whyTwice?.(idOf(phase, news), twin);
    if (twice !== undefined) return failedCheck(phase, given, [twice]);
    const another = await subject.whyAnotherSubject(olds, news, cluster);
    if (another.length > 0) return failedCheck(phase, given, another);
    const live = await (subject.readForPlan ?? subject.read)(cluster, news);
    const previewed = await logic.preview(news, cluster, live, olds);
    const asPlanned = { ...news, ...(clusterId && { clusterId }), plan: previewed.plan };
    const contradiction = contradicted(logic, withoutExpected(phase, olds ?? {}), asPlanned);
    if (contradiction !== undefined) return failedCheck(phase, given, [contradiction]);
    if ((previewed.problems ?? []).length > 0) return failedCheck(phase, given, previewed.problems ?? []);
    await showOnRow(row, previewed, news);
    if (name === subject.first && previewed.plan.length > 0 && clusterId === undefined) await row.info(NOT_RECOGNIZED);
    if (!areUnknownWithin(unknown, indifferentTo)) {
      await row.info(notLookedAtButPlanned(unknown, previewed.plan));
      return { inputs: given, failures: [] }; // the plan may be another one then, and `up --plan` must not hold it to this
    }
    planned.add(news.__urn);
    const inputs = {
      ...given,
      ...previewed.inputs,
      ...(news.heldBy === undefined && previewed.expected),
      ...(clusterId !== undefined && { clusterId }),
      plan: previewed.plan,
    };
    return { inputs, failures: [] };
  } catch (error) {
    noteInProgram(idOf(phase, news), news.__urn, { phase: name, clusterId: undefined }); // with --continue-on-error the engine deletes all the same
    return failedCheck(phase, given, [explainFailure(error)]);
  }
}

async function showOnRow(row: Row, { warnings = [], plan, notes = [] }: Preview, { heldBy }: Inputs): Promise<void> {
  for (const warning of warnings) await row.warn(warning);
  if (heldBy === undefined && plan.length > 0) await row.info(plan.join("\n"));
  for (const note of notes) await row.info(note);
}

function failedCheck({ subject }: Phase, inputs: Inputs, reasons: string[]) {
  return { inputs, failures: reasons.map((reason) => ({ property: subject.key, reason })) };
}

function diff(logic: Phase["logic"], olds: Outputs, news: Inputs): { changes: boolean } {
  if (news.heldBy !== undefined) return { changes: false };
  if (unknownPaths(news).length > 0) return { changes: true };
  const hasWork = (news.plan ?? []).length > 0;
  const wasHeld = olds.heldBy !== undefined; // what it recorded then is from before the other phases
  // Where the last run failed the engine asks for no diff: then check has found out, or update will.
  const contradiction = planned.has(news.__urn) ? contradicted(logic, olds, news) : undefined;
  if (contradiction !== undefined) throw new UserError(contradiction);
  return { changes: hasWork || wasHeld || hasMovedInputs(olds, news) || (logic.outdated?.(olds, news) ?? false) };
}

function contradicted(logic: Phase["logic"], recorded: Partial<Outputs>, news: Inputs): string | undefined {
  return hasMovedInputs(recorded, news) ? undefined : logic.contradiction?.(recorded, news);
}

/** To another cluster, by the user's word. A state from before identities were recorded is no other cluster. */
function hasMovedInputs(recorded: Partial<Inputs>, news: Inputs): boolean {
  return recorded.clusterId !== undefined && recorded.clusterId !== news.clusterId;
}

async function runPhase(phase: Phase, olds: Partial<Outputs>, planned: Inputs, config: StackConfig | undefined) {
  const { name, logic, subject } = phase;
  const inputs = { ...SHARED_DEFAULTS, ...withoutExpected(phase, planned) };
  const row = new Row(inputs.__urn);
  const report = (message: string): void => void row.status(message);
  let kept = subject.outputsToKeep(olds);
  endSharingByPlans();
  try {
    const contradiction = contradicted(logic, olds, inputs);
    if (contradiction !== undefined) throw new UserError(contradiction);
    const cluster = await connect(inputs, config);
    await assertSameCluster(cluster, inputs);
    if (inputs.heldBy !== undefined)
      return { ...recorded(logic, inputs), ...subject.currentOutputs(await subject.read(cluster, inputs)) };
    await logic.assertRights?.(inputs, cluster);
    const holder = `${name} of ${inputs.__urn}`;
    const { summary, ...outputs } = await underLock(cluster, subject.lock(inputs), holder, report, (lockLost, lock) => {
      const signal = AbortSignal.any([lockLost, engineGone()]);
      const warn = (message: string): void => void row.warn(message);
      const work: PhaseWork = { cluster, report, warn, signal, lock, saveOutputs: (outputs) => (kept = outputs) };
      return withRetries({ report, signal }, () => logic.run(inputs, work));
    });
    await row.status(summary);
    return { ...recorded(logic, inputs), ...outputs };
  } catch (error) {
    throw initFailed(idOf(phase, inputs), { ...recorded(logic, inputs), ...kept }, explainFailure(error));
  } finally {
    endSharingByPlans();
  }
}

/** What diff itself reads, what a program reads, and what the engine needs for a delete. */
const ALWAYS_RECORDED = ["__provider", "clusterId", "heldBy", "plan"];

/** The inputs as they stand in the outputs, too: the engine hands diff and delete nothing else. */
function recorded({ recorded: names }: Phase["logic"], inputs: Inputs): Inputs {
  if (names === undefined) return inputs;
  const kept = [...ALWAYS_RECORDED, ...names];
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => kept.includes(key))) as Inputs;
}

/**
 * Outputs that preview knows go to the engine as inputs, since it asks no dynamic provider for those of a preview. Here they are
 * taken out again: a run that fails records none of them, and a recorded one proves nothing.
 */
function withoutExpected<T extends object>({ subject }: Phase, inputs: T): T {
  const expected = Object.keys(subject.outputsToKeep(inputs));
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => !expected.includes(name))) as T;
}

/** Without one, `run` takes a lock for each of what it is about. */
function underLock<T>(
  cluster: Cluster,
  lock: string | undefined,
  holder: string,
  report: Report,
  work: (lockLost: AbortSignal, hold: Hold) => Promise<T>,
): Promise<T> {
  return lock === undefined
    ? work(new AbortController().signal, NO_HOLD)
    : withLock(cluster, lock, holder, report, work);
}

async function removePhase(phase: Phase, recorded: Outputs, config: StackConfig | undefined) {
  const { name, logic, subject } = phase;
  const outputs = { ...SHARED_DEFAULTS, ...recorded };
  const row = new Row(outputs.__urn);
  try {
    const cluster = await connect(outputs, config);
    await assertSameCluster(cluster, outputs);
    const id = idOf(phase, outputs);
    if (isInProgram(id, await clusterIdentity(cluster))) {
      return await row.info(`${id} is still in the program: it stays, with its objects`);
    }
    const holder = `delete of ${name} of ${outputs.__urn}`;
    const report = (message: string): void => void row.status(message);
    await underLock(cluster, subject.lock(outputs), holder, report, async () => logic.remove?.(outputs, cluster));
  } catch (error) {
    throw new Error(explainFailure(error)); // without a stack: the engine prints what it is given
  } finally {
    endSharingByPlans();
  }
}

/**
 * Keeps the phase in the state with what is known, and has the next `up` run it again: the engine forces an update on a
 * resource with init errors. `__provider` must be in the properties, or a later delete finds no provider.
 */
function initFailed(id: string, outputs: Inputs, reason: string): Error {
  return Object.assign(new Error(reason), { id, properties: outputs, reasons: [reason] });
}

function explainFailure(error: unknown): string {
  if (error instanceof UserError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
