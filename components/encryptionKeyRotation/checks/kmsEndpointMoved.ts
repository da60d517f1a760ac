import { describeProblem } from "../../kubernetes/problem";
import { keyLabel } from "../configuration/keyNames";
import { ourProviders } from "../desiredKeys";
import type { Rotation } from "./rotation";

/** Objects name their KMS provider: under a name that stays, another plugin would be asked for what it never encrypted. */
export function kmsEndpointMoved({ live, desired }: Rotation): string[] {
  const held = ourProviders(desired, live).flatMap((each) => (each.kind === "kms" ? [each] : []));
  return [desired.write, ...desired.read].flatMap((key) => {
    if (key.kind !== "kms") return [];
    const there = held.find(({ name }) => name === key.name);
    if (there === undefined) return [];
    if (there.version === "v1")
      return [
        describeProblem({
          what: `${keyLabel(key)}: the file holds it as KMS v1`,
          expected: "another name for a v2 provider",
          next: "name it differently",
        }),
      ];
    if (there.endpoint === key.endpoint) return [];
    const next = "give the plugin at the new endpoint a new name and rotate to it";
    return [
      describeProblem({
        what: `${keyLabel(key)}: the file's endpoint is ${there.endpoint}, the arguments' ${key.endpoint}`,
        expected: "the same",
        next: next,
      }),
    ];
  });
}
