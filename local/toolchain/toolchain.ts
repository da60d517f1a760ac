import { findCertManager } from "./certManager";
import { controlPlaneBinary, type KubernetesVersion } from "./controlPlane";
import { findKubernetesPlugin, type KubernetesPlugin } from "./kubernetesPlugin";
import { findPulumi, type PulumiCli } from "./pulumi";

/** Finds or makes both, at the same time: while one is downloaded or linked, the other one has the processors. */
export async function prepareToolchain(version: KubernetesVersion): Promise<PulumiCli> {
  const [cli] = await Promise.all([findPulumi(), controlPlaneBinary(version)]);
  return cli;
}

/** The same, and what only tests need. */
export async function prepareTests(version: KubernetesVersion): Promise<[PulumiCli, KubernetesPlugin]> {
  const cli = findPulumi();
  const plugins = cli.then(findKubernetesPlugin);
  const [found, plugin] = await Promise.all([cli, plugins, plugins.then(findCertManager), controlPlaneBinary(version)]);
  return [found, plugin];
}
