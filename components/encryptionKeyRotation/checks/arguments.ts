import type { RotationInput } from "../desiredKeys";
import { cipherKnown } from "./cipherKnown";
import { filelessKeys } from "./filelessKeys";
import { keyNamesUnique } from "./keyNamesUnique";
import { kmsArguments } from "./kmsArguments";
import { resourceNames } from "./resourceNames";
import { writeKey } from "./writeKey";

const ofTheArguments: ((args: RotationInput) => string[])[] = [
  ({ resources }) => resourceNames(resources, "resources"),
  writeKey,
  cipherKnown,
  keyNamesUnique,
  kmsArguments,
  filelessKeys,
];

/** Every check that needs the arguments alone. */
export function checkArguments(args: RotationInput): string[] {
  return ofTheArguments.flatMap((check) => check(args));
}
