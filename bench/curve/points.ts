import { describeCount } from "../../components/kubernetes/count";

/** One point of the curve: what the pass finds. */
export interface Point {
  readonly part: Part;
  readonly objects: number;
  /** Of each object, as etcd has it. */
  readonly bytes: number;
  readonly namespaces: number;
  /** Where a webhook converts. */
  readonly webhook?: Webhook;
}

interface Webhook {
  /** Each review takes so much longer. */
  readonly delayMs: number;
  /** Nothing is written that the webhook converts otherwise than it did right before: as a rollout with `direct` rewrites. */
  readonly isGuarded: boolean;
}

type Part = "objects" | "size" | "namespaces" | "webhook";

const POINTS: Record<Part, Partial<Point>[]> = {
  objects: [1_000, 10_000, 50_000, 200_000].map((objects) => ({ objects })),
  size: [{}, { objects: 1_000, bytes: 100_000 }],
  namespaces: [1, 50, 500].map((namespaces) => ({ namespaces })),
  webhook: [
    { objects: 2_000 },
    ...[
      { delayMs: 0, isGuarded: false },
      { delayMs: 5, isGuarded: false },
      { delayMs: 5, isGuarded: true },
    ].map((webhook) => ({ objects: 2_000, webhook })),
  ],
};

/** @param most no point has more objects; those that this makes the same are one */
export function pointsOf(parts: readonly string[] | undefined, most: number): Point[] {
  const points = (parts ?? Object.keys(POINTS)).flatMap((part) => {
    if (!isPart(part)) throw new Error(`case is "${part}"; expected one of ${Object.keys(POINTS).join(", ")}`);
    return POINTS[part].map((point) => {
      const full = { part, objects: 5_000, bytes: 1_000, namespaces: 1, ...point };
      const count = Math.min(full.objects, most);
      return { ...full, objects: count, namespaces: Math.min(full.namespaces, count) };
    });
  });
  return [...new Map(points.map((point) => [nameOf(point), point])).values()];
}

function isPart(name: string): name is Part {
  return Object.hasOwn(POINTS, name);
}

/** `size: 1,000 objects of 100 kB`. */
export function nameOf({ part, objects, bytes, namespaces, webhook }: Point): string {
  const what = `${part}: ${describeCount(objects, "object")} of ${bytes / 1_000} kB`;
  if (part === "namespaces") return `${what}, ${describeCount(namespaces, "namespace")}`;
  if (part !== "webhook") return what;
  if (webhook === undefined) return `${what}, conversion None`;
  const { delayMs, isGuarded } = webhook;
  return `${what}, webhook${delayMs > 0 ? ` of ${delayMs} ms` : ""}${isGuarded ? ", guarded" : ""}`;
}
