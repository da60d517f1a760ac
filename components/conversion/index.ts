/** Conversions between the versions of a CRD, written once. Imports nothing but Node's own modules, so that it bundles small. */
export { defineConversion } from "./define";
export type { Conversion, ConversionArgs, Step, StepOf } from "./define";
export type { Move, MoveOptions, Moves, Ways } from "./moves";
export type { ConvertOptions } from "./convert";
export type { ConversionReview, ReviewOptions } from "./review";
export type { SchemaNode, Versions } from "./schema";
export type { At, Path, Value, ValueAt } from "./types";
export { ConversionError, DefinitionError, ReviewError } from "./errors";
export { ExactNumber, parseExact, stringifyExact } from "./exactJson";
