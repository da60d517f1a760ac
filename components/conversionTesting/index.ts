/** The laws that a conversion keeps, as tests. */
export { checkLaws, laws } from "./laws";
export type { BrokenLaw, LawOptions } from "./laws";
