import { type Definition } from "../../crd/definition";
import { describeProblem } from "../../kubernetes/problem";
import { sleep } from "../../kubernetes/sleep";
import type { PhaseWork } from "../../provider/phaseLogic";
import { requireLiveDefinition } from "../../migration/definition/liveDefinition";
import { isWebhookConversion } from "../../crd/conversion";

/** By these a CRD asks cert-manager's cainjector for its caBundle. https://cert-manager.io/docs/reference/annotations/ */
const ASKING = ["inject-ca-from", "inject-ca-from-secret", "inject-apiserver-ca"].map(
  (name) => `cert-manager.io/${name}`,
);
const WAIT_SECONDS = 30;
const EVERY_MS = 100;

/** The annotation by which the definition asks for a caBundle that it does not have yet. */
export function requestedInjection(live: Definition): string | undefined {
  const client = isWebhookConversion(live.spec.conversion) ? live.spec.conversion?.webhook?.clientConfig : undefined;
  if (client?.service === undefined || (client.caBundle ?? "") !== "") return undefined;
  return ASKING.find((name) => live.metadata.annotations?.[name] !== undefined);
}

/**
 * The definition once its caBundle is there; `after` itself where nobody is to write one. Until then no API server can call
 * the webhook, and a write of ours would meet the injector's, which moves the generation.
 */
export async function awaitInjection(
  crd: string,
  after: Definition,
  { cluster, report, warn, signal }: Pick<PhaseWork, "cluster" | "report" | "warn" | "signal">,
  seconds = WAIT_SECONDS,
): Promise<Definition> {
  const deadline = performance.now() + seconds * 1_000;
  for (let live = after; ; live = await requireLiveDefinition(cluster, crd)) {
    const asked = requestedInjection(live);
    if (asked === undefined) return live;
    if (performance.now() > deadline) {
      warn(
        describeProblem({
          what: `no caBundle after ${seconds} s, although ${asked} asks for that of ${live.metadata.annotations?.[asked]}`,
          expected: "cert-manager's cainjector to write it",
          why: "until then no API server can call the webhook",
          next: "see the cainjector's log (kubectl -n cert-manager logs deploy/cert-manager-cainjector), then run `pulumi up` again",
        }),
      );
      return live;
    }
    report(`waiting for the caBundle that ${asked} asks for`);
    await sleep(EVERY_MS, signal);
  }
}
