/** The laws that a conversion keeps, as tests. */
export { checkLaws, laws } from "./checkLaws";
export type { BrokenLaw, LawOptions } from "./checkLaws";
