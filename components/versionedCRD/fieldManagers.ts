import { isMap } from "../kubernetes/json";
import { canonicalText } from "../crd/canonical";
import type { Definition } from "../crd/definition";
import { FIELD_MANAGER } from "../crd/names";
import type { ManagedFieldsEntry } from "../kubernetes/api";
import type { Cluster } from "../kubernetes/cluster";
import { patchLiveDefinition } from "../migration/definition/liveDefinition";

/**
 * Who else writes the definition, as managedFields tell.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts
 */
export interface FieldManager {
  manager: string;
  /** Fields of the intent that it owns too, as `spec.versions`. */
  fields: string[];
  /** Those of them to which the intent gives another value: applying them is a conflict. */
  differs: string[];
  /** When it last wrote, as the API server noted it. */
  time: string;
}

/** The other field managers that own something of what is to be applied. */
export function otherFieldManagers(live: Definition, intents: Definition[]): FieldManager[] {
  const writers = new Map<string, FieldManager>();
  for (const entry of live.metadata.managedFields ?? []) {
    if (!isOtherManager(entry)) continue;
    const manager = entry.manager ?? "";
    const writer = writers.get(manager) ?? { manager, fields: [], differs: [], time: "" };
    if ((entry.time ?? "") > writer.time) writer.time = entry.time ?? "";
    for (const intent of intents) compareOwnedFields(live, intent, entry.fieldsV1 ?? {}, "", writer);
    if (writer.fields.length > 0) writers.set(manager, writer);
  }
  const sorted = (fields: string[]): string[] => [...new Set(fields)].sort();
  return [...writers.values()]
    .map((writer) => ({ ...writer, fields: sorted(writer.fields), differs: sorted(writer.differs) }))
    .sort((left, right) => (left.manager < right.manager ? -1 : 1));
}

/** managedFields without the entries of these managers: what they owned is nobody's, and ours where we applied it. */
export function withoutFieldManagers(live: Definition, managers: string[]): ManagedFieldsEntry[] {
  const entries = live.metadata.managedFields ?? [];
  return entries.filter((entry) => !isOtherManager(entry) || !managers.includes(entry.manager ?? ""));
}

/** Field manager of a resource in some Pulumi state. A CRD of a Helm Release is in none: its manager is pulumi-resource-kubernetes. */
export function isPulumiFieldManager(manager: string): boolean {
  return manager.startsWith("pulumi-kubernetes");
}

/** `kubectl-client-side-apply (kubectl apply)`: the manager, and the tool that people know it by. */
export function describeFieldManager(manager: string): string {
  const tool = TOOLS.find(([pattern]) => pattern.test(manager))?.[1];
  return tool === undefined ? manager : `${manager} (${tool})`;
}

const TOOLS: readonly [RegExp, string][] = [
  [/^kubectl-client-side-apply$/, "kubectl apply"],
  [/^kubectl/, "kubectl"],
  [/^helm$/, "Helm"],
  [/^(kustomize|helm)-controller$/, "Flux"],
  [/^argocd/, "Argo CD"],
  [/^pulumi-kubernetes/, "Pulumi's official resource"],
  [/^pulumi-resource-kubernetes$/, "Helm, by Pulumi's Release"],
];

function isOtherManager({ manager, subresource }: ManagedFieldsEntry): boolean {
  return manager !== FIELD_MANAGER && (subresource ?? "") === "";
}

type Fields = Record<string, unknown>;

function compareOwnedFields(live: unknown, intent: unknown, fields: Fields, path: string, writer: FieldManager): void {
  for (const [key, below] of Object.entries(fields)) {
    if (!key.startsWith("f:")) continue;
    const name = key.slice(2);
    const wanted = (intent as Fields | undefined)?.[name];
    const found = (live as Fields | undefined)?.[name];
    if (wanted === undefined) continue;
    const here = path === "" ? name : `${path}.${name}`;
    if (isMap(wanted) && isMap(found)) {
      compareOwnedFields(found, wanted, (below ?? {}) as Fields, here, writer);
      continue;
    }
    writer.fields.push(here);
    if (canonicalText({ [name]: found }) !== canonicalText({ [name]: wanted })) writer.differs.push(here);
  }
}

/** Takes these field managers off the definition; refused when it moved since it was read. */
export async function takeOverFromFieldManagers(
  cluster: Cluster,
  live: Definition,
  managers: string[],
): Promise<Definition> {
  if (managers.length === 0) return live;
  return patchLiveDefinition(cluster, live, "", { managedFields: withoutFieldManagers(live, managers) });
}
