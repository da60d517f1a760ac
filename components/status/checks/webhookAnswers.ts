import type { CrdFacts } from "../facts";
import type { Finding } from "../finding";

/** Without its webhook, objects cannot be read at another version than they are stored in, nor migrated. */
export function webhookAnswers({ webhook }: CrdFacts): Finding[] {
  if (webhook?.answer.state !== "problem") return [];
  return [
    {
      verdict: "blocked",
      problem: {
        what: `its conversion webhook does not answer as it should: ${webhook.answer.why}`,
        expected: `${webhook.at} to convert an object`,
        why: "every read and write at another version than the stored one fails, and a migration with them",
        next: nextOfWebhookAnswer(webhook.at),
      },
    },
  ];
}

function nextOfWebhookAnswer(at: string): string {
  const [, namespace, name] = /^Webhook ([^/:]+)\/([^/]+)/.exec(at) ?? [];
  if (name === undefined) return "start the webhook, or correct its address, certificate or caBundle";
  return `kubectl -n ${namespace} get endpointslices -l kubernetes.io/service-name=${name}; then its pods, its certificate and the CRD's caBundle`;
}
