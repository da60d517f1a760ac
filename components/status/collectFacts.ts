import { type Definition, servedVersionNames } from "../crd/definition";
import { RequestBudget } from "../kubernetes/budget";
import type { Cluster } from "../kubernetes/cluster";
import type { Work } from "../kubernetes/report";
import { withRetries } from "../kubernetes/retry";
import { needsLookAtObjects, withOutlivedSeen } from "../migration/definition/outlivedObjects";
import { whyProven } from "../migration/definition/proof";
import { isRecordedOutlived } from "../migration/definition/recordedOnDefinition";
import { listPages } from "../migration/rewrite/pages";
import { askWebhook } from "./askWebhook";
import { caBundleCertificateFacts, serverCertificateEnds } from "./certificateFacts";
import { definitionFacts, proofFactsOfDefinition, type DefinitionFacts } from "./definitionFacts";
import type { ClusterFacts, CrdFacts, ObjectsSeen, Sample, WebhookFacts } from "./facts";
import { type FirstLook, hasObjectsWorthSampling, readFirstObjects, readObjectsSample } from "./readObjects";
import { readServers, type ServersFacts } from "./readServers";
import { describeConversion, isWebhookConversion } from "../crd/conversion";

const CRDS = { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions" };
/** CRDs that are looked at at a time; a LIST that hangs must not hold the others up. */
const AT_ONCE = 16;
/** A status is of now: what does not answer is what it reports. */
const RETRY_SECONDS = 5;
const INITIALIZING_SECONDS = 30;

/**
 * Looks at every CRD of a cluster: a few requests each, a page of definitions at a time, and nothing of them is kept but what
 * stands in the facts.
 *
 * @param isWanted by the CRD's name
 * @throws UserError when the CRDs cannot be listed
 */
export function collectFacts(cluster: Cluster, isWanted: (name: string) => boolean, work: Work): Promise<ClusterFacts> {
  return withRetries({ seconds: RETRY_SECONDS, signal: work.signal }, () => lookAtCluster(cluster, isWanted, work));
}

async function lookAtCluster(cluster: Cluster, isWanted: (name: string) => boolean, work: Work): Promise<ClusterFacts> {
  work.report("reading the API servers' metrics");
  // Before anything else: our own requests are not to count.
  const servers = await readServers(cluster, work);
  const crds: CrdFacts[] = [];
  const served = new ServedKinds();
  const budget = new RequestBudget(AT_ONCE);
  let seen = 0;
  const options = { ...work, full: true, initializingSeconds: INITIALIZING_SECONDS };
  for await (const { objects, remaining } of listPages(cluster, CRDS, options)) {
    const definitions = objects as unknown as Definition[];
    const total = seen + remaining;
    const lookAt = async (live: Definition): Promise<void> => {
      served.add(live);
      if (isWanted(live.metadata.name)) crds.push(await budget.run(() => lookAtCrd(cluster, live, servers, work)));
      work.report(`${++seen} of ${total} CRDs`);
    };
    await Promise.all(definitions.map(lookAt));
  }
  return {
    context: cluster.context,
    server: cluster.server,
    crds: crds
      .map((facts) => served.withoutServedOwners(facts))
      .sort((left, right) => (left.name < right.name ? -1 : 1)),
    ...(servers.encryption !== undefined && { encryption: servers.encryption }),
    hidden: servers.hidden,
  };
}

async function lookAtCrd(
  cluster: Cluster,
  live: Definition,
  servers: ServersFacts,
  { signal }: Work,
): Promise<CrdFacts> {
  const facts = definitionFacts(live);
  const looked = await readFirstObjects(cluster, facts, signal, needsLookAtObjects(live));
  const sample = hasObjectsWorthSampling(facts, looked) ? await readObjectsSample(cluster, facts, signal) : undefined;
  const webhook = await webhookFacts(cluster, live, facts, looked, signal);
  const seen = withOutlivedSeen(live, { objects: looked.listed });
  const proof = proofFactsOfDefinition(seen, looked.resourceVersion);
  const isOutlived = isRecordedOutlived(seen) && whyProven(seen, looked.resourceVersion) === undefined;
  const requests = servers.requests === undefined ? undefined : (servers.requests.get(facts.name) ?? {});
  return {
    ...facts,
    ...(proof !== undefined && { proof }),
    ...(isOutlived && { outlived: true }),
    objects: looked.objects,
    ...(webhook !== undefined && { webhook }),
    ...(sample !== undefined && { sample }),
    ...(requests !== undefined && { requests }),
  };
}

async function webhookFacts(
  cluster: Cluster,
  live: Definition,
  facts: DefinitionFacts,
  { first, objects }: FirstLook,
  signal: AbortSignal,
): Promise<WebhookFacts | undefined> {
  const { conversion } = live.spec;
  if (conversion === undefined || !isWebhookConversion(conversion)) return undefined;
  const { url, caBundle } = conversion.webhook?.clientConfig ?? {};
  const bundle = caBundleCertificateFacts(caBundle);
  const [answer, ends] = await Promise.all([
    isAskable(objects, bundle.wrong)
      ? askWebhook(cluster, { facts, conversion, objects, first, signal })
      : { state: "not served" as const, why: "the API server does not serve the CRD" },
    url === undefined ? undefined : serverCertificateEnds(url),
  ]);
  return {
    at: describeConversion(conversion),
    answer,
    caBundle: bundle,
    ...(ends !== undefined && { serverCertificateEnds: ends }),
  };
}

function isAskable({ state }: ObjectsSeen, wrongBundle: string | undefined): boolean {
  return state !== "not served" && wrongBundle === undefined;
}

/** Which versions of which custom kinds are served, to judge owner references by. */
class ServedKinds {
  private readonly served = new Map<string, readonly string[]>();

  add(live: Definition): void {
    const { spec } = live;
    const names = servedVersionNames(live);
    this.served.set(`${spec.group} ${spec.names.kind}`, names);
  }

  /** The sample with only those owner references whose version is not served. */
  withoutServedOwners(facts: CrdFacts): CrdFacts {
    if (facts.sample === undefined) return facts;
    const stale = Object.entries(facts.sample.ownerReferences).filter(([reference]) => !this.isServed(reference));
    const sample: Sample = { ...facts.sample, ownerReferences: Object.fromEntries(stale) };
    return { ...facts, sample };
  }

  /** @param reference `GROUP/VERSION KIND`; what is no custom kind is none of ours to judge */
  private isServed(reference: string): boolean {
    const [apiVersion = "", kind = ""] = reference.split(" ");
    const [group = "", version = ""] = apiVersion.split("/");
    return this.served.get(`${group} ${kind}`)?.includes(version) ?? true;
  }
}
