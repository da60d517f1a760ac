import { CST, Lexer, parse } from "yaml";
import {
  API_VERSION,
  FORMER_API_VERSION,
  FORMER_KIND,
  isFormerConfigurationForm,
  KIND,
  type Form,
} from "../configuration/form";
import { describeCount } from "../../kubernetes/count";

/**
 * What the next write changes of this text besides keys, for preview. Only counts: a comment may hold a key.
 *
 * @param places the targets, all of which hold the text
 */
export function lostByRewrite(text: string, places: readonly string[]): string[] {
  if (text.trim() === "") return [];
  return [...formerForm(text), ...commentsAndAnchors(text, places)];
}

function formerForm(text: string): string[] {
  if (!isFormerConfigurationForm(parse(text, { logLevel: "error" }) as Form)) return [];
  return [
    `the file says apiVersion ${FORMER_API_VERSION}, kind ${FORMER_KIND}, which API servers still read; the next write brings it to ${API_VERSION}, ${KIND}`,
  ];
}

function commentsAndAnchors(text: string, places: readonly string[]): string[] {
  const tokens = [...new Lexer().lex(text)].map((each) => CST.tokenType(each));
  const counted = (["comment", "anchor"] as const).flatMap((type) => {
    const count = tokens.filter((each) => each === type).length;
    if (count === 0) return [];
    return [describeCount(count, type === "comment" ? "comment line" : "anchor")];
  });
  if (counted.length === 0) return [];
  return places.map((place) => `${place}: the next write drops ${counted.join(" and ")}; copy what you need first`);
}
