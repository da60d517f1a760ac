import { parse } from "yaml";
import { API_VERSION, FORMER_API_VERSION, FORMER_KIND, isFormerForm, KIND, type Form } from "../configuration/form";

/** What the next write changes of this text besides keys, for preview. */
export function lostByRewrite(text: string): string[] {
  return text.trim() === "" ? [] : formerForm(text);
}

function formerForm(text: string): string[] {
  if (!isFormerForm(parse(text, { logLevel: "error" }) as Form)) return [];
  return [
    `the file says apiVersion ${FORMER_API_VERSION}, kind ${FORMER_KIND}, which API servers still read; the next write brings it to ${API_VERSION}, ${KIND}`,
  ];
}
