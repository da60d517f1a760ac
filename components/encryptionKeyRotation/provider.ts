import type { StackConfig } from "../provider/connection";
import { phaseProvider } from "../provider/phaseProvider";
import { distribute } from "./distribute/distribute";
import { migrateKeys } from "./migrate/migrate";
import type { RotationPhaseName } from "./phase";
import { promote } from "./promote/promote";
import { retire } from "./retire/retire";
import { rotationSubject } from "./subject";

const PHASES = { distribute, promote, migrate: migrateKeys, retire };

/** What the engine runs for the resource of a phase: see provider/shim.ts. */
export function provider(name: RotationPhaseName, config?: StackConfig) {
  return phaseProvider(name, PHASES[name], rotationSubject, config);
}
