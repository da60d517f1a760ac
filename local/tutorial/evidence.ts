import type { Cluster } from "../cluster/cluster";
import { equal } from "./claims";
import type { SelfieObject } from "./selfieRequests";
import type { RunResult } from "./stack";

/** Shows a run's own output as it comes, without the lines it says twice. */
export function quote(): (line: string) => void {
  let last = "";
  return (line) => {
    if (line.trim() !== "" && line !== last) console.log(`            │ ${short(line)}`);
    last = line;
  };
}

export function succeeded({ code, output }: RunResult): void {
  if (code === 0) return;
  const end = output.trimEnd().split("\n").slice(-15);
  throw new Error(
    `pulumi ended with exit code ${code}; expected 0\n${end.map((line) => `            │ ${line}`).join("\n")}`,
  );
}

/** The rows of these phases stand in the text, one after the other. */
export function inOrder(text: string, phases: string[]): void {
  let from = 0;
  for (const phase of phases) {
    const at = text.indexOf(`-${phase}`, from);
    if (at < 0)
      throw new Error(
        `found no row of phase ${phase}${from > 0 ? " after the one before" : ""}; expected ${phases.join(", ")} in this order`,
      );
    from = at;
  }
}

/** How the StorageVersionMigration ended that the cluster's own controller was given: API version, name, outcome. `shown` is what `up` printed. */
export async function migrationOutcome({ client, version }: Cluster, shown: string): Promise<string> {
  const group = "/apis/storagemigration.k8s.io";
  const { versions } = (await client.get(group)) as { versions: { version: string }[] };
  const served = versions[0]?.version ?? "";
  const { items } = (await client.get(`${group}/${served}/storageversionmigrations`)) as { items: Migration[] };
  const found = items.filter(({ spec }) => spec.resource.resource === "selfierequests");
  const done = found.find((migration) => isTrue(migration, "Succeeded"));
  if (done) return `${served}, ${done.metadata.name}: succeeded`;
  // 1.30 fails at once while its garbage collector, which looks around every 30 s, has not seen the new version.
  const failed = found.find((migration) => isTrue(migration, "Failed"));
  if (failed && version === "1.30")
    return `${served}, ${failed.metadata.name}: failed, so every object was rewritten directly`;
  // On a busy machine the controller may be so late that our own pass is through first; then its request is taken back.
  const givenUp = /StorageVersionMigration (\S+) was ended early: [^;)]+/.exec(shown);
  if (found.length === 0 && givenUp) return `${served}, ${givenUp[0]}`;
  throw new Error(`found ${found.length} StorageVersionMigrations of selfierequests, none of them with Succeeded=True`);
}

function isTrue({ status }: Migration, condition: string): boolean {
  return status?.conditions?.some(({ type, status }) => type === condition && status === "True") ?? false;
}

interface Migration {
  metadata: { name: string };
  spec: { resource: { resource: string } };
  status?: { conditions?: { type: string; status: string }[] };
}

/** Name and uid of each: the same before and after, or something was lost or made anew. */
export function identities(objects: Iterable<SelfieObject>): string[] {
  return [...objects].map(({ metadata }) => `${metadata.name} ${metadata.uid}`).sort();
}

export function holdsHostAndPort(objects: SelfieObject[], name: string, host: string, port: string): void {
  equal(
    objects.filter(({ hostPort }) => hostPort !== undefined).map(({ metadata }) => metadata.name),
    [],
  );
  const found = objects.find(({ metadata }) => metadata.name === name);
  equal({ host: found?.host, port: found?.port }, { host, port });
}

/** The same value with every object's keys in order. */
export function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

/** Without the first part of our own type tokens, which would fill the line. */
function short(line: string): string {
  return line.replace(/pulumi-nodejs:dynamic\/kubernetes-storage-migration:|kubernetes-storage-migration:index:/g, "");
}
