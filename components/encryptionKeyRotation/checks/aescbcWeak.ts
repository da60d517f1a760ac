import { label } from "../configuration/keyNames";
import type { Rotation } from "./rotation";

/** https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/#providers */
export function aescbcWeak({ wanted: { write } }: Rotation): string[] {
  if (write.kind !== "aescbc") return [];
  return [
    `${label(write)}: Kubernetes calls aescbc weak (padding oracle attacks); cipher "secretbox" is the default here`,
  ];
}
