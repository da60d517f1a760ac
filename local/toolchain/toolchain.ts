import { controlPlaneBinary, type KubernetesVersion } from "./controlPlane";
import { findPulumi, type PulumiCli } from "./pulumi";

/** Finds or makes both, at the same time: while one is downloaded or linked, the other one has the processors. */
export async function prepareToolchain(version: KubernetesVersion): Promise<PulumiCli> {
  const [cli] = await Promise.all([findPulumi(), controlPlaneBinary(version)]);
  return cli;
}
