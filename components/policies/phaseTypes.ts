import { shimTypeToken } from "../provider/shim";

/** The first phase of each component has the arguments that policies look at. */
export const SERVE = shimTypeToken("Serve");
export const DISTRIBUTE = shimTypeToken("Distribute");
