import type { StackConfig } from "../provider/connection";
import { phaseProvider } from "../provider/phaseProvider";
import { migrate } from "./migrate";
import { entrySubject } from "./subject";

/** What the engine runs for the resource of a name or a pattern: see provider/shim.ts. */
export function provider(name: "migrate", config?: StackConfig) {
  return phaseProvider(name, migrate, entrySubject, config);
}
