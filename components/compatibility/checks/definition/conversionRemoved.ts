import { canonicalText } from "../../../crd/canonical";
import type { DefinitionCheck } from "../../check";
import { withoutTexts } from "../../withoutTexts";
import { isWebhookConversion } from "../../../crd/conversion";

export const conversionRemoved: DefinitionCheck = {
  id: "conversion-removed",
  severity: "error",
  explain: "`spec.conversion.strategy` goes from Webhook to None while the versions that stay have different schemas.",
  why: "Objects are handed out with another apiVersion and nothing else converted: fields of the one version appear in the other, or are deleted.",
  fix: "Keep the webhook as long as two versions differ.",
  keys: ["conversion"],
  compare: (old, next) => {
    if (!isWebhookConversion(old.spec.conversion) || isWebhookConversion(next.spec.conversion)) return [];
    const schemas = next.spec.versions.map(({ schema }) => canonicalText(withoutTexts(schema?.openAPIV3Schema ?? {})));
    if (new Set(schemas).size < 2) return [];
    const versions = next.spec.versions.map(({ name }) => name).join(", ");
    return [
      { below: "spec.conversion.strategy", what: `strategy Webhook → None, with different schemas of ${versions}` },
    ];
  },
};
