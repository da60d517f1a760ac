import { readCaBundle } from "../../crd/caBundle";
import type { Definition } from "../../crd/definition";
import { describeProblem } from "../../kubernetes/problem";
import { NOT_KNOWN } from "../../provider/unknownValues";

/** The API server establishes no CRD whose bundle it cannot read (tried on 1.37: InvalidCABundle), and says so only afterwards. */
export function caBundleHoldsCertificates(manifest: Definition): string[] {
  const caBundle = manifest.spec.conversion?.webhook?.clientConfig?.caBundle ?? "";
  if (caBundle === "" || caBundle === NOT_KNOWN) return [];
  const read = readCaBundle(caBundle);
  if (!("wrong" in read)) return [];
  return [
    describeProblem({
      what: `${manifest.metadata.name}: spec.conversion.webhook.clientConfig.caBundle ${read.wrong}`,
      expected: "base64 of the PEM certificates that sign the webhook's own",
      why: "the API server would not establish the CRD (InvalidCABundle), and none of its objects could be read",
      next: "put the authority's certificates there, or leave caBundle out where a controller such as cert-manager injects it",
    }),
  ];
}
