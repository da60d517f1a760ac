import type { Caller, Resource } from "../../kubernetes/api";
import { type ApiService, listApiServices } from "../../kubernetes/apiServices";
import {
  type ApiResource,
  discoverApiResource,
  discoverVersions,
  storageVersionHash,
} from "../../kubernetes/discovery";
import { hasErrorStatus, UserError } from "../../kubernetes/errors";
import { withRetries } from "../../kubernetes/retry";
import { isFollowedByInTreeMigrator } from "../inTree/inTree";

/** A resource of kube-apiserver itself. Its version is the one through which its objects are rewritten. */
export interface BuiltIn extends Resource {
  /** `secrets`, `horizontalpodautoscalers.autoscaling`. */
  readonly name: string;
  readonly kind: string;
  /** Discovery's storageVersionHash: what all API servers must agree on, and what a proof speaks of. */
  readonly hash: string;
  /** Served versions of it. */
  readonly served: readonly string[];
  /** kube-controller-manager's migrator can rewrite it. */
  readonly inTree: boolean;
}

type Discovered = ApiResource & { readonly version: string };

const PLAN_SECONDS = 5;
/** kube-apiserver registers its own groups once, when it starts; those of CRDs come and go ("true"). */
const AUTOMANAGED = "kube-aggregator.kubernetes.io/automanaged";

/** Split at the first dot: a plural has none. */
export function parseBuiltInName(name: string): { plural: string; group: string } {
  const [plural = "", ...group] = name.split(".");
  return { plural, group: group.join(".") };
}

/**
 * The built-in resource of that name, or undefined where kube-apiserver serves none.
 *
 * @throws UserError: another API server stores it, nobody does, or its objects cannot be rewritten
 */
export async function findBuiltIn(cluster: Caller, name: string): Promise<BuiltIn | undefined> {
  const { plural, group } = parseBuiltInName(name);
  const found: Discovered[] = [];
  let isSilent = false;
  for (const version of await discoverVersions(cluster, group)) {
    const seen = await discoverUnlessSilent(cluster, { group, version, plural });
    if (seen === "silent") isSilent = true;
    else if (seen !== undefined) found.push({ ...seen, version });
  }
  if (found.length === 0 && !isSilent) return undefined;
  const services = await servicesOfGroup(cluster, group);
  const aggregated = services.find(({ spec }) => spec.service != null);
  if (aggregated !== undefined) throw new UserError(describeAggregated(name, aggregated.metadata.name));
  const isOwn = services.some(({ metadata }) => metadata.labels?.[AUTOMANAGED] === "onstart");
  return isOwn ? asBuiltIn(name, group, found) : undefined; // else it is of a CRD that was just deleted
}

/** What discovery found, checked. Pure. @throws UserError for what is not stored or cannot be rewritten */
export function asBuiltIn(name: string, group: string, found: readonly Discovered[]): BuiltIn | undefined {
  const { plural } = parseBuiltInName(name);
  const [preferred] = found;
  if (preferred === undefined) return undefined;
  const { kind, storageVersionHash: hash, verbs } = preferred;
  if (hash === undefined) throw new UserError(describeUnstored(name));
  const missing = ["list", "patch"].filter((verb) => !verbs.includes(verb));
  if (missing.length > 0) throw new UserError(describeUnwritable(name, missing));
  const served = found.map(({ version }) => version);
  // Through the storage version where it is served: nothing is converted on the way then.
  const version = served.find((each) => storageVersionHash(group, each, kind) === hash) ?? preferred.version;
  return { name, group, version, plural, kind, hash, served, inTree: isFollowedByInTreeMigrator({ plural, verbs }) };
}

/** `v2`; of another group with it; `hash …` where no served version has that hash. */
export function storageOfBuiltIn({ group, kind, served }: Omit<BuiltIn, "hash">, hash: string): string {
  const own = served.find((version) => storageVersionHash(group, version, kind) === hash);
  if (own !== undefined) return own;
  // Events of events.k8s.io are stored as those of the core group.
  return storageVersionHash("", "v1", kind) === hash ? "v1 of the core group" : `hash ${hash}`;
}

/** An aggregated API server that is down answers 503. */
async function discoverUnlessSilent(cluster: Caller, resource: Resource): Promise<ApiResource | "silent" | undefined> {
  try {
    return await withRetries({ seconds: PLAN_SECONDS }, () => discoverApiResource(cluster, resource));
  } catch (error) {
    if (hasErrorStatus(error, 503)) return "silent";
    throw error;
  }
}

async function servicesOfGroup(cluster: Caller, group: string): Promise<ApiService[]> {
  return (await listApiServices(cluster)).filter(({ spec }) => (spec.group ?? "") === group);
}

function describeAggregated(name: string, service: string) {
  return {
    what: `${name} is served by an aggregated API server (APIService ${service} names a Service)`,
    expected: "a CRD, or a resource that kube-apiserver stores",
    why: "that server has a storage of its own, which nobody can see from here",
    next: "take it out, and migrate it with the tools of whoever runs that server",
  };
}

function describeUnstored(name: string) {
  return {
    what: `${name}: the API server stores no object of it`,
    expected: "a resource whose objects are in etcd (discovery shows its storageVersionHash)",
    next: "take it out: there is nothing to migrate",
  };
}

function describeUnwritable(name: string, missing: readonly string[]) {
  return {
    what: `${name}: the API server has no ${missing.join(" and no ")} of it`,
    expected: "list and patch",
    why: "every object is listed, and rewritten by a patch",
    next: "take it out: its objects cannot be rewritten through the API",
  };
}
