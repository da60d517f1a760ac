import { type Conversion, type WebhookClientConfig } from "../crd/definition";
import { type KubernetesObject, MetadataOnly, objectName, resourcePath } from "../kubernetes/api";
import type { Cluster } from "../kubernetes/cluster";
import { ApiError, hasErrorStatus, UnreachableError, UserError, whatOfError } from "../kubernetes/errors";
import { probeByConversionReview, WebhookError } from "../migration/rehearsal/conversionReview";
import { type DefinitionFacts } from "./definitionFacts";
import { olderStoredOfFacts, servedVersionsOfFacts, type ObjectsSeen, type WebhookAnswer } from "./facts";
import { plainServerMessage } from "../kubernetes/plainServerMessage";
import { isWebhookConversion } from "../crd/conversion";

/** The API server itself waits 30 s; whoever converts one object needs milliseconds. */
const ANSWER_SECONDS = 10;

interface Asked {
  readonly facts: DefinitionFacts;
  readonly conversion: Conversion;
  readonly objects: ObjectsSeen;
  /** The first object of the list. */
  readonly first: KubernetesObject | undefined;
  readonly signal: AbortSignal;
}

/**
 * Does a conversion webhook answer? The API server is made to ask it, which is the true path, with its names, addresses and
 * certificates: by a GET of one object at a version in which it is not stored. A LIST may come from the watch cache, and ask
 * nobody. Without an object, a ConversionReview of a made-up one is sent from here.
 */
export async function askWebhook(cluster: Cluster, asked: Asked): Promise<WebhookAnswer> {
  const { facts, first, objects } = asked;
  if (!isWebhookConversion(asked.conversion)) return { state: "unknown", why: "there is none" };
  if (objects.state === "unreadable" && /conversion webhook/.test(objects.why)) {
    return { state: "problem", why: objects.why };
  }
  if (facts.versions.length === 1 && olderStoredOfFacts(facts).length === 0) {
    return { state: "unused", why: "there is one version, so nothing is converted" };
  }
  const other = otherVersion(facts);
  if (first !== undefined && other !== undefined) {
    const answer = await convertByApiServer(cluster, asked, first, other);
    if (answer !== "gone") return answer;
  }
  return askFromHere(cluster, asked);
}

/** A served version besides the storage version; one without a deprecation warning, if there is one. */
function otherVersion(facts: DefinitionFacts): string | undefined {
  const others = facts.versions.filter(({ name, served }) => served && name !== facts.storage);
  return (others.find(({ deprecated }) => !deprecated) ?? others[0])?.name;
}

/** What is stored in several versions may be stored in just the one that is asked for: then the storage version as well. */
async function convertByApiServer(
  cluster: Cluster,
  { facts, signal }: Asked,
  first: KubernetesObject,
  other: string,
): Promise<WebhookAnswer | "gone"> {
  const { group, plural, storage } = facts;
  const alsoStorage = olderStoredOfFacts(facts).length > 0 && servedVersionsOfFacts(facts).includes(storage);
  try {
    for (const version of alsoStorage ? [other, storage] : [other]) {
      const path = resourcePath({ group, plural, version }, first.metadata);
      const accept = MetadataOnly.object;
      await cluster.call({ method: "GET", path, accept, timeoutSeconds: ANSWER_SECONDS, signal });
    }
    return { state: "ok", why: `the API server has ${objectName(first)} converted to ${other}` };
  } catch (error) {
    if (hasErrorStatus(error, 404)) return "gone";
    if (hasErrorStatus(error, 403)) return { state: "forbidden", why: "not allowed to get an object" };
    if (error instanceof UnreachableError && error.code === "TIMEOUT") {
      return { state: "problem", why: `no answer within ${ANSWER_SECONDS} s to a GET at ${other}` };
    }
    if (!(error instanceof ApiError)) throw error;
    const why = plainServerMessage(error.serverMessage);
    return { state: /conver/.test(why) ? "problem" : "unknown", why };
  }
}

async function askFromHere(cluster: Cluster, { facts, conversion }: Asked): Promise<WebhookAnswer> {
  const clientConfig: WebhookClientConfig = conversion.webhook?.clientConfig ?? {};
  const from = facts.versions.find(({ name }) => name !== facts.storage)?.name ?? facts.storage;
  try {
    const unchecked = await probeByConversionReview(cluster, clientConfig, facts, from, facts.storage);
    const how = clientConfig.url === undefined ? "through the API server's proxy" : "from here";
    return {
      state: "ok",
      why: [`it answers a ConversionReview ${how}`, ...unchecked.map((what) => `not checked: ${what}`)].join("; "),
    };
  } catch (error) {
    if (hasErrorStatus(error, 403))
      return { state: "forbidden", why: "not allowed to ask its Service through the API server" };
    if (!(error instanceof UserError) || error instanceof UnreachableError) throw error;
    // The way from here to a URL need not be the API servers' way.
    const isOurWay =
      clientConfig.url !== undefined && error instanceof WebhookError && ["down", "slow"].includes(error.trouble);
    return { state: isOurWay ? "unknown" : "problem", why: plainServerMessage(whatOfError(error)) };
  }
}
