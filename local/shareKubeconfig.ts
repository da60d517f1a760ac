import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writePrivately } from "./cluster/kubeconfig";
import { place } from "./place";

/** Puts the admin's kubeconfig where Pulumi.dev.yaml and people look for it. */
export function shareKubeconfig(): void {
  writePrivately(place.kubeconfig, readFileSync(join(place.cluster, "kubeconfig"), "utf8"));
}
