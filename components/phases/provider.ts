import { readDefinition } from "../crd/live";
import type { Cluster } from "../kubernetes/cluster";
import { UserError } from "../kubernetes/errors";
import { clusterIdentity, IDENTITY_RULE } from "../kubernetes/identity";
import { withLock } from "../kubernetes/lock";
import { nameBefore, stateBefore } from "./before";
import { connect, type StackConfig } from "./connection";
import { drop } from "./drop";
import { engineGone } from "./engine";
import type { PhaseInputs, PhaseOutputs, ServeInputs } from "./facets";
import { isInProgram, noteInProgram } from "./inProgram";
import type { PhaseLogic, PhaseWork } from "./logic";
import { migrate } from "./migrate";
import { rehearse } from "./rehearse";
import { renamed } from "./renamed";
import { Row } from "./row";
import { mustBeSame, recognize } from "./sameCluster";
import { serve } from "./serve";
import type { PhaseName } from "./shim";
import { store } from "./store";
import { unknownPaths, within } from "./unknown";

const NOT_RECOGNIZED = `whether this is the same cluster as last time is not checked: namespace kube-system may not be read; grant ${IDENTITY_RULE}`;

/** Keys the engine and the shim need; they never show in a diff. */
interface Hidden {
  __provider: string;
  __from: string;
  __urn: string;
}

type Inputs = PhaseInputs & Hidden & { plan?: string[] };
type Outputs = Inputs & PhaseOutputs;
type Logic = PhaseLogic<Inputs, Outputs>;

const LOGIC: Record<PhaseName, unknown> = { serve, rehearse, store, migrate, drop };

/** URNs that were planned in this process. A refresh asks for a diff without a check: its plan is the one of the last run. */
const planned = new Set<string>();

/** The provider behind the constant text in shim.ts: one for each phase and stack configuration. */
export function phaseProvider(phase: PhaseName, config: StackConfig | undefined) {
  const logic = LOGIC[phase] as Logic;
  return {
    check: (olds: Partial<Inputs> | undefined, news: Inputs) =>
      check(phase, logic, olds, { ...news, ...inherited(olds, news) }, config),
    diff: (_id: string, olds: Outputs, news: Inputs) => Promise.resolve(diff(logic, olds, news)),
    create: async (inputs: Inputs) => ({ id: inputs.crd, outs: await run(phase, logic, {}, inputs, config) }),
    update: async (_id: string, olds: Outputs, news: Inputs) => ({ outs: await run(phase, logic, olds, news, config) }),
    delete: async (_id: string, outputs: Outputs) => {
      const isWanted = (outputs as Partial<ServeInputs>).onDelete !== undefined;
      if (isWanted && logic.remove !== undefined) await remove(phase, logic, outputs, config);
    },
  };
}

async function check(
  phase: PhaseName,
  logic: Logic,
  olds: Partial<Inputs> | undefined,
  news: Inputs,
  config: StackConfig | undefined,
) {
  const row = new Row(news.__urn);
  const unknown = unknownPaths(news);
  if (!within(unknown, logic.plansWithout ?? [])) {
    await row.info(`planned once its inputs are known: preview cannot tell ${unknown.join(", ")} yet`);
    return { inputs: news, failures: [] };
  }
  try {
    const cluster = await connect(news, config);
    const clusterId = await recognize(cluster, news, olds?.clusterId);
    noteInProgram(news.crd, clusterId);
    const live = await readDefinition(cluster, news.crd);
    const look = await logic.look(news, cluster, live, stateBefore(olds));
    const contradiction = contradicted(logic, olds ?? {}, {
      ...news,
      ...(clusterId && { clusterId }),
      plan: look.plan,
    });
    if (contradiction !== undefined) return failed(news, [contradiction]);
    const problems = [...(await renamed(nameBefore(olds), news.crd, cluster)), ...(look.problems ?? [])];
    if (problems.length > 0) return failed(news, problems);
    for (const warning of look.warnings ?? []) await row.warn(warning);
    if (news.heldBy === undefined && look.plan.length > 0) await row.info(look.plan.join("\n"));
    for (const note of look.notes ?? []) await row.info(note);
    if (phase === "serve" && look.plan.length > 0 && clusterId === undefined) await row.info(NOT_RECOGNIZED);
    if (unknown.length > 0) {
      await row.info(`preview cannot tell ${unknown.join(", ")} yet; planned without`);
      return { inputs: news, failures: [] }; // the plan may be another one then, and `up --plan` must not hold it to this
    }
    planned.add(news.__urn);
    const inputs = { ...news, ...look.inputs, ...(clusterId !== undefined && { clusterId }), plan: look.plan };
    return { inputs, failures: [] };
  } catch (error) {
    noteInProgram(news.crd, undefined); // with --continue-on-error the engine deletes all the same
    return failed(news, [explain(error)]);
  }
}

function failed(inputs: Inputs, reasons: string[]) {
  return { inputs, failures: reasons.map((reason) => ({ property: "crd", reason })) };
}

/** What only the old state knows: what it was, and whose. In the inputs, since a running phase is not shown the old ones. */
function inherited(olds: Partial<Inputs> | undefined, news: Inputs): Partial<ServeInputs> {
  const { owner: formerOwner } = (olds ?? {}) as Partial<ServeInputs>;
  const { owner } = news as Partial<ServeInputs>;
  return {
    ...(stateBefore(olds) === "official" && { __adopts: true }),
    ...(formerOwner !== undefined && owner !== undefined && formerOwner !== owner && { __formerOwner: formerOwner }),
  };
}

function diff(logic: Logic, olds: Outputs, news: Inputs): { changes: boolean } {
  if (news.heldBy !== undefined) return { changes: false };
  if (unknownPaths(news).length > 0) return { changes: true };
  const hasWork = (news.plan ?? []).length > 0;
  const wasHeld = olds.heldBy !== undefined; // what it recorded then is from before the other phases
  // Where the last run failed the engine asks for no diff: then check has found out, or update will.
  const contradiction = planned.has(news.__urn) ? contradicted(logic, olds, news) : undefined;
  if (contradiction !== undefined) throw new UserError(contradiction);
  return { changes: hasWork || wasHeld || hasMoved(olds, news) || (logic.outdated?.(olds, news) ?? false) };
}

function contradicted(logic: Logic, recorded: Partial<Outputs>, news: Inputs): string | undefined {
  return hasMoved(recorded, news) ? undefined : logic.contradiction?.(recorded, news);
}

/** To another cluster, by the user's word. A state from before identities were recorded is no other cluster. */
function hasMoved(recorded: Partial<Inputs>, news: Inputs): boolean {
  return recorded.clusterId !== undefined && recorded.clusterId !== news.clusterId;
}

async function run(
  phase: PhaseName,
  logic: Logic,
  olds: Partial<Outputs>,
  inputs: Inputs,
  config: StackConfig | undefined,
) {
  const row = new Row(inputs.__urn);
  const report = (message: string): void => void row.status(message);
  let kept = standingOf(olds);
  try {
    const contradiction = contradicted(logic, olds, inputs);
    if (contradiction !== undefined) throw new UserError(contradiction);
    const cluster = await connect(inputs, config);
    await mustBeSame(cluster, inputs);
    if (inputs.heldBy !== undefined) return { ...inputs, ...(await facts(cluster, inputs)) };
    const holder = `${phase} of ${inputs.__urn}`;
    const { summary, ...outputs } = await withLock(cluster, inputs.crd, holder, report, (lockLost) => {
      const signal = AbortSignal.any([lockLost, engineGone()]);
      const warn = (message: string): void => void row.warn(message);
      const work: PhaseWork = { cluster, report, warn, signal, keep: (outputs) => (kept = outputs) };
      return logic.run(inputs, work);
    });
    await row.status(summary);
    return { ...inputs, ...outputs };
  } catch (error) {
    throw initFailed({ ...inputs, ...kept }, explain(error));
  }
}

async function remove(phase: PhaseName, logic: Logic, outputs: Outputs, config: StackConfig | undefined) {
  const row = new Row(outputs.__urn);
  try {
    const cluster = await connect(outputs, config);
    await mustBeSame(cluster, outputs);
    if (isInProgram(outputs.crd, await clusterIdentity(cluster))) {
      return await row.info(`${outputs.crd} is still in the program: it stays, with its objects`);
    }
    const holder = `delete of ${phase} of ${outputs.__urn}`;
    const report = (message: string): void => void row.status(message);
    await withLock(cluster, outputs.crd, holder, report, async () => logic.remove?.(outputs, cluster));
  } catch (error) {
    throw new Error(explain(error)); // without a stack: the engine prints what it is given
  }
}

/** What the last run recorded of where the CRD stands. */
function standingOf({ storageVersion, storedVersions }: Partial<Outputs>): Partial<PhaseOutputs> {
  return { ...(storageVersion !== undefined && { storageVersion }), ...(storedVersions && { storedVersions }) };
}

/** What a held phase records: where the cluster stands. */
async function facts(cluster: Cluster, inputs: Inputs): Promise<Partial<PhaseOutputs>> {
  const live = await readDefinition(cluster, inputs.crd);
  return live === undefined ? {} : { storedVersions: live.status?.storedVersions ?? [] };
}

/**
 * Keeps the phase in the state with what is known, and has the next `up` run it again: the engine forces an update on a
 * resource with init errors. `__provider` must be in the properties, or a later delete finds no provider.
 */
function initFailed(inputs: Inputs, reason: string): Error {
  return Object.assign(new Error(reason), { id: inputs.crd, properties: { ...inputs }, reasons: [reason] });
}

function explain(error: unknown): string {
  if (error instanceof UserError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
