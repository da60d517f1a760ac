import { missingDesiredKeys } from "../desiredKeys";
import type { Rotation } from "./rotation";

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** The name goes into every object's bytes up to a colon, into a Pulumi name, into plans and messages. */
export function newKeyNames({ live, desired }: Rotation): string[] {
  return missingDesiredKeys(desired, live)
    .filter(({ name }) => !NAME.test(name))
    .map(
      ({ name }) =>
        `keys: found the new name ${JSON.stringify(name)}; expected up to 63 letters, digits, ".", "_" and "-", such as 2026-11`,
    );
}
