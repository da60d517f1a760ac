import { FIELD_MANAGER } from "../../crd/names";
import type { ManagedFieldsEntry } from "../../kubernetes/api";
import type { RequestsSince } from "./requestRecord";
import { describeCount } from "../../kubernetes/count";

/** Who wrote objects at one version. */
export interface ManagerUse {
  readonly manager: string;
  objects: number;
  /** Its last write that changed a field, as the API server noted it. */
  last: string;
}

const SHOWN = 5;

/** Counts, for each version, the managers whose entries name it. Ours says nothing about use. */
export class ManagersByVersion {
  private readonly byVersion = new Map<string, Map<string, ManagerUse>>();
  objects = 0;

  constructor(private readonly group: string) {}

  add(entries: readonly ManagedFieldsEntry[] = []): void {
    this.objects++;
    const seen = new Set<string>();
    for (const { apiVersion = "", manager = "(unnamed)", time = "" } of entries) {
      const [group, version = ""] = apiVersion.split("/");
      if (group !== this.group || manager === FIELD_MANAGER) continue;
      const uses = this.byVersion.get(version) ?? new Map<string, ManagerUse>();
      this.byVersion.set(version, uses);
      const use = uses.get(manager) ?? { manager, objects: 0, last: "" };
      uses.set(manager, use);
      if (!seen.has(`${version} ${manager}`)) use.objects++; // one may have entries for several operations
      seen.add(`${version} ${manager}`);
      if (time > use.last) use.last = time;
    }
  }

  /** Of one version, those with the most objects first. */
  of(version: string): ManagerUse[] {
    const uses = [...(this.byVersion.get(version)?.values() ?? [])];
    return uses.sort((left, right) => right.objects - left.objects || (left.manager < right.manager ? -1 : 1));
  }
}

export interface Usage {
  readonly managers: readonly ManagerUse[];
  /** Objects looked at; `all` when there were no more. */
  readonly looked: { readonly objects: number; readonly all: boolean };
  /** Requests since migrate ended, else since the API servers started, and of how many; a string says why none could be read. */
  readonly requests:
    | { readonly since: RequestsSince; readonly at: number }
    | { readonly count: number; readonly servers: string }
    | string;
}

/**
 * Who still uses a version that is to go, as one line. An entry in managedFields may be years old, and the
 * counter holds our own reads too and begins anew with each start of a server.
 */
export function describeUsage(version: string, { managers, looked, requests }: Usage): string {
  const named = managers
    .slice(0, SHOWN)
    .map(
      ({ manager, objects, last }) =>
        `${manager} (${describeCount(objects, "object")}${last === "" ? "" : `, last ${last}`})`,
    );
  const more = managers.length > SHOWN ? [`${managers.length - SHOWN} more`] : [];
  const among = looked.all ? "" : ` among the first ${looked.objects} objects`;
  const writers = named.length === 0 ? [`no manager${among}`] : [`manager ${[...named, ...more].join(", ")}${among}`];
  const isUsed = managers.length > 0 || isRequested(requests);
  return `${version} ${isUsed ? "is still used" : "shows no use"}: ${writers.join("")}, ${describeRequests(requests)}`;
}

function isRequested(requests: Usage["requests"]): boolean {
  if (typeof requests === "string") return false;
  return ("since" in requests ? requests.since.writes + requests.since.others : requests.count) > 0;
}

function describeRequests(requests: Usage["requests"]): string {
  if (typeof requests === "string") return `requests not read: ${requests}`;
  if ("count" in requests) return `${describeCount(requests.count, "request")} since ${requests.servers} started`;
  return `${describeUsageSince(requests.since)} and ${describeCount(requests.since.others, "other request")} since migrate ended (${describeUsageMoment(requests.at)})`;
}

/** `12 writes`, `at least 12 writes` where an API server was started anew in between. */
export function describeUsageSince({ writes, isComplete }: RequestsSince): string {
  return `${isComplete ? "" : "at least "}${describeCount(writes, "write")}`;
}

/** As the API server writes times. */
export function describeUsageMoment(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
}
