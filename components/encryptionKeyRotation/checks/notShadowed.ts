import { resourcePatternsOfConfiguration, patternCovers } from "../configuration/resourcePatterns";
import type { Rotation } from "./rotation";

/** First match wins: a wildcard of ours does not reach what an earlier entry of the file serves. */
export function notShadowed({ live, desired }: Rotation): string[] {
  const there = [...resourcePatternsOfConfiguration(live)].sort();
  return desired.resources.flatMap((pattern) => {
    const earlier = there.filter((each) => each !== pattern && patternCovers(pattern, each));
    if (earlier.length === 0) return [];
    return [
      `${pattern} does not reach ${earlier.join(", ")}: the file has entries of their own for them, and first match wins; ` +
        "they keep their keys; a rotation that names them rotates those",
    ];
  });
}
