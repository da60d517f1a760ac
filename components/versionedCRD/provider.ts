import type { StackConfig } from "../provider/connection";
import { phaseProvider } from "../provider/phaseProvider";
import { drop } from "./drop/drop";
import { migrate } from "./migrate/migrate";
import type { PhaseName } from "./phase";
import { rehearse } from "./rehearse/rehearse";
import { serve } from "./serve/serve";
import { store } from "./store/store";
import { definitionSubject } from "./subject";

const PHASES = { serve, rehearse, store, migrate, drop };

/** What the engine runs for the resource of a phase: see provider/shim.ts. */
export function provider(name: PhaseName, config?: StackConfig) {
  return phaseProvider(name, PHASES[name], definitionSubject, config);
}
