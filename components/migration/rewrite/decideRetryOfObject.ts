import { hasErrorStatus } from "../../kubernetes/errors";
import { decideRetry, type Tries, type Verdict, WEBHOOK_AWAY_MS } from "../../kubernetes/retry";
import { WebhookError } from "../rehearsal/webhookClient";

const CONFLICTS = 5;

/** Decides about one object of many, by what the server answered and how often it was asked; pure. */
export function decideRetryOfObject(error: unknown, tries: Tries): Verdict {
  if (error instanceof WebhookError) return decideRetryOfWebhook(error, tries);
  // A PATCH without resourceVersion only conflicts when the server lost five races of its own (endpoints/handlers/patch.go).
  if (hasErrorStatus(error, 409) && tries.tried <= CONFLICTS) return { kind: "retry", afterMs: 100, overloaded: false };
  return decideRetry(error, tries);
}

/** What a webhook says of one object is that object's own; that it cannot be asked is not. */
function decideRetryOfWebhook({ trouble }: WebhookError, { sinceFirstMs }: Tries): Verdict {
  if (trouble === "refused" || trouble === "answer" || trouble === "status") return { kind: "failed", general: false };
  const again = trouble === "down" && sinceFirstMs < WEBHOOK_AWAY_MS;
  return again ? { kind: "retry", afterMs: 1_000, overloaded: false } : { kind: "failed", general: true };
}
