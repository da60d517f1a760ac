import { endAbandonedTestClusters } from "./place";
import { say } from "./say";
import { chosenVersion } from "./toolchain/controlPlane";
import { prepareTests } from "./toolchain/toolchain";

/** Before tests: finds or makes all that they need, so that the first of them starts at once. */
async function main(args: string[]): Promise<void> {
  const ended = await endAbandonedTestClusters();
  if (ended > 0) say(`ended ${ended} processes that a killed test run had left`);
  const version = chosenVersion(args);
  const [pulumi, kubernetes] = await prepareTests(version);
  say(
    `ready: Pulumi CLI ${pulumi.version} (${pulumi.origin}), its kubernetes plugin (${kubernetes.origin}), cert-manager, control plane for Kubernetes ${version}`,
  );
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
