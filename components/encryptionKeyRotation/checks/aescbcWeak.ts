import { labelKeyName } from "../configuration/keyNames";
import type { Rotation } from "./rotation";

/** https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/#providers */
export function aescbcWeak({ desired: { write } }: Rotation): string[] {
  if (write.kind !== "aescbc") return [];
  return [
    `${labelKeyName(write)}: Kubernetes calls aescbc weak (padding oracle attacks); cipher "secretbox" is the default here`,
  ];
}
