import type { Certificate } from "./makeCertificate";

/** What the state holds. */
export interface Held {
  /** One, or two while a new one takes over: the old, then the new. */
  readonly authorities: readonly Certificate[];
  readonly leaf: Certificate;
  /** The certificate of the authority that signed the leaf. */
  readonly signedBy: string;
  /** ISO 8601: when a leaf of the new authority took the place of one of the old. */
  readonly rolledAt?: string;
}

export interface Lifetimes {
  readonly authorityDays: number;
  readonly leafDays: number;
}

/** What the cluster says of the CRDs that use the Service. */
export interface Trust {
  /** CRDs whose conversion leads to the Service. */
  readonly users: readonly string[];
  /** Those of them whose caBundle lacks the newest authority. */
  readonly without: readonly string[];
}

/** What the cluster is asked for, while two authorities stand side by side. */
export interface Seen {
  /** Undefined where CRDs may not be listed. */
  readonly trust?: Trust | undefined;
  /** The certificate that its Secret holds, empty where there is none; undefined where that may not be read. */
  readonly served?: string | undefined;
}

/** One step; each `up` takes at most one, and the CRDs follow before the next. */
export type Step =
  | { readonly kind: "begin" }
  /** The leaf nears its end: another one of the same authority. */
  | { readonly kind: "renew" }
  /** The authority nears its end: old and new are published together. */
  | { readonly kind: "publish" }
  /** Every CRD trusts both: the leaf is signed by the new one. */
  | { readonly kind: "roll" }
  /** Every pod has had the time to take the new leaf: the old authority goes. */
  | { readonly kind: "drop" }
  | { readonly kind: "wait"; readonly why: string }
  | { readonly kind: "none" };

/** What is renewed with a third of its life left can be late for a while without harm. */
const DUE = 1 / 3;
/**
 * Pods see a changed Secret within a minute or two (the kubelet's sync period and its cache), and this server takes it 5 s later.
 * https://kubernetes.io/docs/concepts/configuration/secret/#mounted-secrets-are-updated-automatically
 */
const TAKEN_AFTER_MS = 10 * 60_000;
const DAY_MS = 24 * 3600 * 1000;

/** Decides from the state, the clock and the cluster. */
export function planNextStep(held: Held | undefined, life: Lifetimes, now: Date, { trust, served }: Seen = {}): Step {
  if (held === undefined) return { kind: "begin" };
  const [oldest, newest] = [held.authorities[0], held.authorities.at(-1)];
  if (oldest === undefined || newest === undefined) return { kind: "begin" };
  const isDue = daysLeft(held.leaf, now) < life.leafDays * DUE;
  if (held.authorities.length === 1) {
    if (daysLeft(newest, now) < life.authorityDays * DUE) return { kind: "publish" };
    return isDue ? { kind: "renew" } : { kind: "none" };
  }
  if (held.signedBy !== newest.cert) {
    const why = whyNotYet(trust);
    if (why === undefined) return { kind: "roll" };
    return isDue ? { kind: "renew" } : { kind: "wait", why };
  }
  const since = now.getTime() - Date.parse(held.rolledAt ?? now.toISOString());
  if (since >= TAKEN_AFTER_MS) {
    // An `up` that was ended between the state and the Secret: the pods still show a certificate of the old one.
    const isServed = served === undefined || served.trim() === held.leaf.cert.trim();
    return { kind: isServed ? "drop" : "roll" };
  }
  return {
    kind: "wait",
    why: `the pods have ${TAKEN_AFTER_MS / 60_000} minutes to take the certificate of the new one`,
  };
}

function whyNotYet(trust: Trust | undefined): string | undefined {
  if (trust === undefined)
    return "CRDs may not be listed by this user, so whether each trusts the new one is not known";
  if (trust.users.length === 0) return "no CRD was found that uses this webhook, so none is seen to trust the new one";
  if (trust.without.length > 0) return `${trust.without.join(", ")} does not trust the new one yet`;
  return undefined;
}

function daysLeft({ notAfter }: Certificate, now: Date): number {
  return (Date.parse(notAfter) - now.getTime()) / DAY_MS;
}

/** The step as a sentence for preview; undefined where there is nothing to say. */
export function describeAuthorityStep(step: Step): string | undefined {
  switch (step.kind) {
    case "begin":
      return "a certificate authority of its own, and a certificate signed by it";
    case "renew":
      return "certificate: renewed by the same authority";
    case "publish":
      return "authority 1 of 3: a new one is published beside the old; the certificate stays; run `pulumi up` again for the rest";
    case "roll":
      return "authority 2 of 3: every CRD trusts both; the certificate is now signed by the new one; run `pulumi up` again for the rest";
    case "drop":
      return "authority 3 of 3: the old one goes";
    case "wait":
      return `a new authority waits: ${step.why}`;
    case "none":
      return undefined;
  }
}
