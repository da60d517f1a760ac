import type { CrdFacts } from "../facts";
import type { Finding, Question } from "../finding";

const WARN_MS = 30 * 24 * 3600 * 1000;

/** On the day a certificate ends, every conversion ends with it. */
export function certificatesEnd({ webhook }: CrdFacts, { now }: Question): Finding[] {
  if (webhook === undefined) return [];
  return [
    ...endingCertificate("the certificate of its conversion webhook", webhook.serverCertificateEnds, now),
    ...endingCertificate("the last certificate in its conversion webhook's caBundle", webhook.caBundle.ends, now),
  ];
}

function endingCertificate(which: string, ends: string | undefined, now: Date): Finding[] {
  const left = ends === undefined ? Infinity : Date.parse(ends) - now.getTime();
  if (ends === undefined || left > WARN_MS) return [];
  const isOver = left <= 0;
  return [
    {
      verdict: isOver ? "blocked" : "ok",
      problem: {
        what: `${which} ${isOver ? "ended" : "ends"} on ${ends.slice(0, 10)}`,
        expected: "one that is valid for 30 days more",
        why: `the API server ${isOver ? "refuses it: nothing is converted any more" : "will then refuse it, and nothing is converted any more"}`,
        next: "renew it, or see why its issuer did not",
      },
    },
  ];
}
