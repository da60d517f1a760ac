import type { CrdFacts } from "../facts";
import type { Finding } from "../finding";

/** Whoever still writes through a deprecated version will fail when it goes. Reads tell less: Kubernetes and we read, too. */
export function deprecatedRequests({ versions, requests = {} }: CrdFacts): Finding[] {
  const asked = versions.filter(({ name, deprecated }) => deprecated && (requests[name]?.writes ?? 0) > 0);
  return asked.map(({ name }) => ({
    verdict: "ok",
    problem: {
      what: `${name} is deprecated, and was written through since the API servers started`,
      why: "its clients fail when it goes",
      next: `find them in the audit log, or by the warnings they are sent; --json has the count`,
    },
  }));
}
