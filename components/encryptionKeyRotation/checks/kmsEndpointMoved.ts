import { describeProblem } from "../../kubernetes/problem";
import { labelKeyName } from "../configuration/keyNames";
import { providersOfDesiredResources } from "../desiredKeys";
import type { Rotation } from "./rotation";

/** Objects name their KMS provider: under a name that stays, another plugin would be asked for what it never encrypted. */
export function kmsEndpointMoved({ live, desired }: Rotation): string[] {
  const held = providersOfDesiredResources(desired, live).flatMap((each) => (each.kind === "kms" ? [each] : []));
  return [desired.write, ...desired.read].flatMap((key) => {
    if (key.kind !== "kms") return [];
    const there = held.find(({ name }) => name === key.name);
    if (there === undefined) return [];
    if (there.version === "v1")
      return [
        describeProblem({
          what: `${labelKeyName(key)}: the file holds it as KMS v1`,
          expected: "another name for a provider of KMS v2",
          next: "give the provider in `keys` a name of its own",
        }),
      ];
    if (there.endpoint === key.endpoint) return [];
    return [
      describeProblem({
        what: `${labelKeyName(key)}: the file has endpoint ${there.endpoint}, the arguments have ${key.endpoint}`,
        expected: `the endpoint of the file, ${there.endpoint}`,
        next: "put the endpoint back, or give the plugin at the new endpoint a new name and rotate to it",
      }),
    ];
  });
}
