import type { CrdFacts } from "../facts";
import type { Finding } from "../finding";

/** Who still asks for a deprecated version is in for an error when it goes. */
export function deprecatedRequests({ versions, requests = {} }: CrdFacts): Finding[] {
  const asked = versions.filter(({ name, deprecated }) => deprecated && (requests[name] ?? 0) > 0);
  return asked.map(({ name }) => ({
    verdict: "ok",
    problem: {
      what: `${name} is deprecated, and was asked for since the API servers started`,
      why: "its clients fail when it goes",
      next: `find them in the audit log, or by the warnings they are sent; --json has the count`,
    },
  }));
}
