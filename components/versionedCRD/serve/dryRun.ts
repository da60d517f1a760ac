import { canonicalText } from "../../crd/canonical";
import { versionNamesOfDefinition, type Definition } from "../../crd/definition";
import type { Cluster } from "../../kubernetes/cluster";
import { ApiError, hasErrorStatus, messageOfError } from "../../kubernetes/errors";
import { describeProblem, boundedProblemItems } from "../../kubernetes/problem";
import { notLookedAt } from "../../plan/notLookedAt";
import { withInjectedCaBundle } from "../injectedCaBundle";
import type { ServeInputs } from "../inputs";
import { tryApplyDefinition } from "../applyDefinition";
import { removedStage, servedStage, storedStage, withdrawnVersions } from "../stages";

const SHOWN = 10;
/** What a rule costs takes a line; a message that repeats the whole schema would take pages. */
const LONGEST = 300;

interface Answered {
  problems: string[];
  notes: string[];
  /** The definition as the apply would leave it; undefined where it was not taken, or could not be asked. */
  after?: Definition;
}

/**
 * Asks the API server by dry run about the definitions that the rollout is to write: it alone knows what a CEL rule costs and
 * which patterns Go's regexp takes. Only those are asked that differ in more than flags: what serve applies, and what drop
 * leaves where that takes the webhook away.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run
 *
 * @param force serve takes fields over from other field managers
 */
export async function dryRunStages(
  { manifest, owner, storage }: ServeInputs,
  cluster: Cluster,
  live: Definition | undefined,
  force: boolean,
): Promise<{ problems: string[]; notes: string[] }> {
  const served = servedStage(manifest, live, owner);
  const first = await tryStage(cluster, served, live, { by: "serve", force });
  const leaves = canonicalText(served.spec.conversion ?? null) !== canonicalText(manifest.spec.conversion ?? null);
  if (live === undefined || first.after === undefined || !leaves) return first;
  const names = withdrawnVersions(live, versionNamesOfDefinition(manifest)).map(({ name }) => name);
  const removed = removedStage(storedStage(first.after, storage), names, manifest.spec.conversion);
  const last = await tryStage(cluster, removed, live, { by: "drop", force: false });
  return { problems: last.problems, notes: [...first.notes, ...last.notes] };
}

async function tryStage(
  cluster: Cluster,
  intent: Definition,
  live: Definition | undefined,
  { by, force }: { by: "serve" | "drop"; force: boolean },
): Promise<Answered> {
  const crd = intent.metadata.name;
  const notAsked = notLookedAt(
    `${crd}: the API server was not asked whether it takes the definition that ${by} is to write`,
  );
  // The fields are moved first, by a write of its own; a dry run of both at once there is none.
  if (live !== undefined && withInjectedCaBundle(live, intent) !== undefined) {
    return { problems: [], notes: [`${notAsked}: another controller's caBundle is to go with the webhook`] };
  }
  try {
    return { problems: [], notes: [], after: await tryApplyDefinition(cluster, intent, { force }) };
  } catch (error) {
    const why = whyNotAsked(error);
    if (why !== undefined) return { problems: [], notes: [`${notAsked}: ${why}`] };
    if (!isRefusal(error)) throw error;
    return { problems: describeRefusal(error, intent, by), notes: [] };
  }
}

function whyNotAsked(error: unknown): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  const denied = error.status === 403 ? /cannot (\S+) resource "([^"]+)"/.exec(error.serverMessage) : null;
  if (denied !== null) return `not allowed to ${denied[1]} ${denied[2]} (403), without which there is no dry run`;
  const refusesDryRun = error.status === 400 && /does not support dry run/.test(error.serverMessage);
  return refusesDryRun ? "an admission webhook does not support dry runs" : undefined;
}

/** A field of another type than the API server's own schema of a CRD has it is answered with 500 by a server-side apply. */
function isRefusal(error: unknown): error is ApiError {
  return (
    hasErrorStatus(error, 400, 403, 409, 413, 422) ||
    (hasErrorStatus(error, 500) && /failed to create typed patch object/.test(error.serverMessage))
  );
}

function describeRefusal(error: ApiError, intent: Definition, by: string): string[] {
  // Until migrate has rewritten every object they name what drop removes.
  const causes = error.causes.filter(({ field }) => by === "serve" || !field.startsWith("status.storedVersions"));
  if (error.causes.length > 0 && causes.length === 0) return [];
  const named = causes.map(({ field, message }) => oneLine(`${withVersion(field, intent)}: ${message}`));
  const items = named.length > 0 ? [...new Set(named)].sort() : [oneLine(messageOfError(error))];
  return [
    describeProblem({
      what: `${intent.metadata.name}: the API server refuses the definition that ${by} is to write (${error.status})`,
      items: boundedProblemItems(items.slice(0, SHOWN), items.length),
      expected: "one that it takes, as a dry run shows",
      why: "`pulumi up` would meet the same refusal",
      next: "correct what it names in the manifest, then run `pulumi preview` again",
    }),
  ];
}

/**
 * `spec.versions[1] (v2).schema…`: the order is the live one's, not the manifest's. Where all versions have one schema the API
 * server checks it as spec.validation, which v1 of a CRD does not have.
 */
function withVersion(field: string, intent: Definition): string {
  return field
    .replace(/^spec\.validation\./, "spec.versions[*].schema.")
    .replace(/^spec\.versions\[(\d+)\]/, (path, index: string) => {
      const name = intent.spec.versions[Number(index)]?.name;
      return name === undefined ? path : `${path} (${name})`;
    });
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
