/** What the engine said of one run, as plain data: a preview, or an `up`. */
export interface EngineRun {
  readonly steps: readonly EngineStep[];
  readonly messages: readonly EngineMessage[];
}

/** The engine's operation on one resource. */
export interface EngineStep {
  readonly urn: string;
  /** create, update, delete, same, … */
  readonly op: string;
  /** After the provider's `check`; of a delete, those in the state. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** A line under a resource's row. */
export interface EngineMessage {
  readonly urn: string;
  readonly severity: "error" | "warning" | "info";
  readonly text: string;
}
