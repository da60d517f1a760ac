import type { Schema } from "../../../crd/definition";
import type { NodeCheck, Pair } from "../../check";
import { describeChange } from "../../describeValue";
import { schemaTypeOf } from "../../schemaType";

/** The API server's own integers and numbers are these: such a format refuses nothing. */
const WIDEST: Record<string, string> = { integer: "int64", number: "double" };

function formatOf(schema: Schema): unknown {
  const format = schema["format"] || undefined;
  return format === WIDEST[schemaTypeOf(schema)] ? undefined : format;
}

const describeFormats = ({ old, next }: Pair): string =>
  describeChange("format", old["format"] || undefined, next["format"] || undefined);

export const formatChanged: NodeCheck = {
  id: "format-changed",
  severity: "error",
  explain:
    "`format` is new or another one. int64 on an integer and double on a number refuse nothing, so they count as none.",
  why: "Clients that send a value of no such format are refused, and so is the next write of each object that has one.",
  fix: "Keep the old format, or change it in a new version; if the API server does not check this format, acknowledge the finding.",
  keywords: ["format"],
  concerns: "clients",
  compare: (pair) => {
    const [before, after] = [formatOf(pair.old), formatOf(pair.next)];
    return after === undefined || before === after ? [] : [{ what: describeFormats(pair) }];
  },
};

export const formatRemoved: NodeCheck = {
  id: "format-removed",
  severity: "warning",
  explain: "`format` is gone, or is the widest of its type (int32 → int64, float → double).",
  why: "No write is refused, but a client that was built for the old format may not be able to read a value of no such format.",
  fix: "Tell the clients' owners before anybody writes such a value.",
  keywords: ["format"],
  concerns: "clients",
  compare: (pair) =>
    formatOf(pair.old) !== undefined && formatOf(pair.next) === undefined ? [{ what: describeFormats(pair) }] : [],
};
