import { makeAuthorityCertificate, makeLeafCertificate, type Certificate } from "./makeCertificate";
import type { Held, Lifetimes, Step } from "./plan";

const DAY_MS = 24 * 3600 * 1000;

export interface Names {
  readonly service: string;
  readonly namespace: string;
}

/** The state after a step. */
export async function takeAuthorityStep(
  step: Step,
  held: Held | undefined,
  names: Names,
  life: Lifetimes,
  now: Date,
): Promise<Held | undefined> {
  const authority = (): Promise<Certificate> => makeAuthorityCertificate(names.service, life.authorityDays, now);
  const leafOf = (signer: Certificate): Promise<Certificate> => {
    // A leaf that outlives what signed it would end before its time.
    const days = Math.min(life.leafDays, (Date.parse(signer.notAfter) - now.getTime()) / DAY_MS);
    return makeLeafCertificate(signer, dnsNames(names), days, now);
  };
  if (step.kind === "begin") {
    const first = await authority();
    return { authorities: [first], leaf: await leafOf(first), signedBy: first.cert };
  }
  if (held === undefined) return held;
  const newest = held.authorities.at(-1);
  if (step.kind === "publish") return { ...held, authorities: [...held.authorities, await authority()] };
  if (step.kind === "drop" && newest !== undefined) {
    return { authorities: [newest], leaf: held.leaf, signedBy: held.signedBy };
  }
  if (step.kind === "roll" && newest !== undefined) {
    return { ...held, leaf: await leafOf(newest), signedBy: newest.cert, rolledAt: now.toISOString() };
  }
  const signer = held.authorities.find(({ cert }) => cert === held.signedBy);
  return step.kind === "renew" && signer !== undefined ? { ...held, leaf: await leafOf(signer) } : held;
}

/** The API server dials the Service by this name. https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#service-reference */
function dnsNames({ service, namespace }: Names): string[] {
  return [`${service}.${namespace}.svc`, `${service}.${namespace}.svc.cluster.local`];
}
