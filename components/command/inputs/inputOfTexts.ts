import { checkManifest, checkManifestShape } from "../../crd/checks/checkManifest";
import { collectDefinitions, describeKindsNotCollected } from "../../crd/sources/collectDefinitions";
import type { Texts } from "../../crd/sources/text";
import type { Terminal } from "../subcommand";
import type { Input } from "./input";

/** OLD was accepted once, and is history: only its form has to be right; `status --against` judges the rest. NEW is to be applied. */
export type Side = "OLD" | "NEW";

/** The CRDs of all texts; documents of other kinds, and templates that make CRDs, are counted on standard error. */
export function inputOfTexts(given: string, texts: Texts, side: Side, terminal: Terminal): Input {
  const { found, others } = collectDefinitions(given, texts, side === "OLD" ? checkManifestShape : checkManifest);
  if (others.length > 0) terminal.complain(`${given}: skipped ${describeKindsNotCollected(others)}`);
  const [template] = texts.unrendered;
  if (template !== undefined) {
    terminal.complain(
      `${given}: skipped CRDs in ${texts.unrendered.length} of its templates (${template}): they are not rendered`,
    );
  }
  return { given, found, isLive: false };
}
