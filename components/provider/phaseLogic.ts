import type { Cluster, ClusterWork } from "../kubernetes/cluster";
import type { Hold } from "../kubernetes/lockHold";
import type { SharedInputs } from "./inputs";

/** What a phase finds out before anything is touched. */
export interface Preview {
  /** Sentences keyed by from → to; empty when the phase has nothing to do. */
  plan: string[];
  /** Reasons the rollout must not go on; none of them may change anything. */
  problems?: string[];
  /** Worth reading, not worth stopping for. */
  warnings?: string[];
  /** What moves by itself and so is no part of the plan: shown on the row, in preview and up. */
  notes?: string[];
  /** Further inputs that preview is to show. */
  inputs?: Record<string, unknown>;
  /** What the phase will record where it succeeds, as far as that is known: preview then has these outputs. */
  expected?: object;
}

/** What a running phase has at hand; the signal aborts when the phase's lock is lost or the engine is gone. */
export interface PhaseWork extends ClusterWork {
  /** To be asked right before a write that no resourceVersion guards. */
  readonly lock: Hold;
  /** A line under the row that stays. */
  readonly warn: (message: string) => void;
  /** What stays in the state should the phase fail from here on. */
  readonly saveOutputs: (outputs: object) => void;
}

/** One phase: `preview` decides what there is to do, `run` does it and may be called again after any interruption. */
export interface PhaseLogic<Inputs extends SharedInputs, Outputs extends { plan: string[] }, Live> {
  /** `olds` is what the state holds from before this run, whichever resource wrote it. */
  preview(inputs: Inputs, cluster: Cluster, live: Live, olds: object | undefined): Promise<Preview>;
  /** Inputs, as paths, without which preview can still tell the plan; there they may be the engine's unknown. */
  plansWithout?: readonly string[];
  /** The same, and the plan is known to be this one whatever they turn out to be. */
  indifferentTo?: readonly string[];
  /**
   * Inputs that diff, contradiction or remove reads from the recorded outputs; the state keeps all others once, among the inputs.
   * Absent where every input is recorded.
   */
  recorded?: readonly string[];
  /** @throws UserError naming every right that `run`, or a later phase, lacks. Asked before the lock, which needs one itself. */
  assertRights?(inputs: Inputs, cluster: Cluster): Promise<void>;
  run(inputs: Inputs, work: PhaseWork): Promise<Done<Outputs>>;
  /** True when what the phase recorded differs from what it is asked for although there is nothing to do. */
  outdated?(outputs: Inputs & Outputs, inputs: Inputs): boolean;
  /**
   * Why what the state has and what preview found cannot both be; a sentence for the user, and nothing is changed. Asked
   * with the recorded inputs by check, and with the recorded outputs by diff, which is not called after a run that failed.
   */
  contradiction?(recorded: Partial<Inputs & Outputs>, inputs: Inputs & { plan?: string[] }): string | undefined;
  /** A real delete, where the inputs ask for one (`onDelete`); else removing the phase touches nothing. */
  remove?(outputs: Inputs & Outputs, cluster: Cluster): Promise<void>;
}

/** What a phase records, and the line that stays on its row. */
export type Done<Outputs extends { plan: string[] }> = Omit<Outputs, "plan"> & { summary: string };
