import { canonicalText } from "../../crd/canonical";
import { isWebhookConversion } from "../../crd/conversion";
import {
  servedByName,
  storageVersion,
  versionNamesOfDefinition,
  type Definition,
  type WebhookClientConfig,
} from "../../crd/definition";
import { objectName } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { UserError } from "../../kubernetes/errors";
import { describeProblem } from "../../kubernetes/problem";
import { convertObjectsByReview, probeByConversionReview } from "../../migration/rehearsal/conversionReview";
import { readRehearsalSample } from "../../migration/rehearsal/sample";
import { findInjectedCaBundle } from "../injectedCaBundle";
import type { ServeInputs } from "../inputs";

/** Asks the webhook before anything changes: a CRD whose conversion does not answer takes its objects down with it. */
export async function probeWebhook(
  inputs: ServeInputs,
  cluster: Cluster,
  live: Definition | undefined,
): Promise<string[]> {
  const { manifest } = inputs;
  const wanted = manifest.spec.conversion?.webhook?.clientConfig;
  if (!isWebhookConversion(manifest.spec.conversion) || wanted === undefined) return [];
  const { caBundle = findInjectedCaBundle(live) } = wanted;
  const client = { ...wanted, ...(caBundle !== undefined && { caBundle }) };
  const { group, names } = manifest.spec;
  const to = storageVersion(manifest);
  const from =
    live === undefined ? versionNamesOfDefinition(manifest).find((name) => name !== to) : storageVersion(live);
  const [first, second] =
    from === to ? [versionNamesOfDefinition(manifest).find((name) => name !== to), to] : [from, to];
  if (first === undefined) return [];
  try {
    await probeByConversionReview(cluster, client, { group, kind: names.kind }, first, second);
  } catch (error) {
    if (error instanceof UserError) return [error.message];
    throw error;
  }
  return live === undefined ? [] : askAboutVersionsThatGo(inputs, cluster, live, client);
}

function addressOf({ url, service }: WebhookClientConfig): string {
  // https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/custom-resource-definition-v1/ (ServiceReference): 443 by default
  return canonicalText({ url, service: service && { ...service, port: service.port ?? 443 } });
}

/** A version that goes is served until drop, through the new webhook already. */
async function askAboutVersionsThatGo(
  { crd, manifest, group, plural }: ServeInputs,
  cluster: Cluster,
  live: Definition,
  client: WebhookClientConfig,
): Promise<string[]> {
  const storage = storageVersion(live);
  const named = versionNamesOfDefinition(manifest);
  const going = versionNamesOfDefinition(live).filter(
    (name) => servedByName(live)[name] === true && name !== storage && !named.includes(name),
  );
  // Whoever reads that version has met the answers of a webhook that is there already.
  const before = live.spec.conversion?.webhook?.clientConfig;
  if (going.length === 0 || (before !== undefined && addressOf(before) === addressOf(client))) return [];
  const sample = await readRehearsalSample(cluster, { group, plural, version: storage });
  const [object] = sample?.objects ?? [];
  if (object === undefined) return [];
  const whole = { ...object, apiVersion: `${group}/${storage}`, kind: live.spec.names.kind };
  const problems: string[] = [];
  for (const version of going) {
    try {
      await convertObjectsByReview(cluster, client, [whole], `${group}/${version}`);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push(
        describeProblem({
          what: `${crd}: the new webhook does not convert ${objectName(object)} to ${version}: ${error.message.split("\n", 1).join("")}`,
          expected: `an answer: ${version} is served until it is dropped at the end of this rollout`,
          why: `until then whoever reads ${version} would get an error`,
          next: `drop ${version} first, in a \`pulumi up\` of its own, or have the webhook convert it`,
        }),
      );
    }
  }
  return problems;
}
