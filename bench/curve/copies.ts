import type { EtcdEntry } from "../../local/cluster/etcd";
import { STORED_UNDER } from "../widgets";
import type { Point } from "./points";

/** What fills an object up to its size: as much JSON as this, again and again. */
const NOTE = "a line, one of as many as the object takes to be that large";

export const namespaceOf = (nth: number): string => (nth === 0 ? "default" : `bench-${nth}`);

/** The object that an API server stored, as often as the point wants it, spread evenly over the namespaces. */
export function* copiesOf(
  stored: string,
  { objects, bytes, namespaces }: Pick<Point, "objects" | "bytes" | "namespaces">,
): Generator<EtcdEntry, void> {
  const object = JSON.parse(stored) as { metadata: Record<string, unknown>; spec: Record<string, unknown> };
  const empty = { ...object, spec: { ...object.spec, notes: [] } };
  const each = JSON.stringify(NOTE).length + 1;
  const notes = Array<string>(Math.max(0, Math.floor((bytes - JSON.stringify(empty).length) / each))).fill(NOTE);
  for (let nth = 0; nth < objects; nth++) {
    const name = `widget-${nth}`;
    const namespace = namespaceOf(nth % namespaces);
    const metadata = { ...object.metadata, name, namespace, uid: uidOf(nth) };
    const value = JSON.stringify({ ...object, metadata, spec: { ...object.spec, notes } });
    yield { key: `${STORED_UNDER}${namespace}/${name}`, value };
  }
}

function uidOf(nth: number): string {
  return `00000000-0000-4000-8000-${String(nth).padStart(12, "0")}`;
}
