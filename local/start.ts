import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { rightsForDrop, rightsForUp } from "../components/kubernetes/rights/rolloutRights";
import { rightsForRotation } from "../components/kubernetes/rights/rotationRights";
import { startCluster, type Cluster } from "./cluster/cluster";
import { writePrivately } from "./cluster/kubeconfig";
import { endCluster, letStay, readState } from "./cluster/state";
import { atThePlace, inUse, place } from "./place";
import { say } from "./say";
import { shareKubeconfig } from "./shareKubeconfig";
import { chosenVersion, type KubernetesVersion } from "./toolchain/controlPlane";
import { prepareToolchain } from "./toolchain/toolchain";
import { Claims } from "./tutorial/claims";
import { tutorialsEncryption } from "./tutorial/rotateKeys";
import { Stack } from "./tutorial/stack";
import { runSteps } from "./tutorial/steps";

const requestTimeoutSeconds = 3;
// Kubernetes' own is five minutes, which a key stays that long after its last object has left it.
const compactionSeconds = 5;

let ending = false;

/** `npm start`: the Kubernetes tutorial, on a real control plane, through the real Pulumi CLI. */
async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { keep: { type: "boolean" }, kubernetes: { type: "string" } } });
  const keep = values.keep === true;
  const version = chosenVersion(args);
  const cli = await prepareToolchain(version);
  const stack = new Stack(cli, place.tutorial);
  const claims = new Claims();
  onSignal(stack, claims);

  say(`Pulumi CLI ${cli.version} (${cli.origin}); starting Kubernetes ${version}`);
  const cluster = await takePlace(version);
  try {
    say(`API server ${cluster.server}, etcd ${cluster.etcd}`);
    const rights = [
      ...rightsForUp([{ group: "stable.example.com", plural: "selfierequests" }]),
      ...rightsForDrop(),
      ...rightsForRotation({ resources: ["secrets"] }),
    ];
    if (stack.randomPlugin === "stand-in") say("the random plugin cannot be had here: a stand-in makes the keys");
    await stack.init(await cluster.userKubeconfig("pipeline", rights));
    await runSteps({
      cluster,
      stack,
      claims,
      requestTimeoutSeconds,
      compactionSeconds,
      caBundleFile: join(place.tutorial, "webhook-ca.pem"),
    });
  } catch (error) {
    await claims.check("the tutorial runs to its end", () => {
      throw error;
    });
  }
  if (keep) {
    letStay(place.cluster);
    tellKept(stack);
  } else {
    await atThePlace(() => cluster.stop());
    tidy(claims.failed > 0);
  }
  console.log(`\n${claims.toString()}`);
  process.exit(claims.failed > 0 ? 1 : 0);
}

async function takePlace(version: KubernetesVersion): Promise<Cluster> {
  return atThePlace(async () => {
    const running = await inUse();
    if (running) {
      throw new Error(
        `a control plane for Kubernetes ${running.version} is already up in this checkout; expected none: end it with \`npm run down\` first`,
      );
    }
    const cluster = await startCluster({
      dir: place.cluster,
      version,
      requestTimeoutSeconds,
      compactionSeconds,
      encryption: { text: tutorialsEncryption() },
    });
    shareKubeconfig();
    return cluster;
  });
}

// One Ctrl-C may arrive twice: from the terminal, and passed on by what started us.
function onSignal(stack: Stack, claims: Claims): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (ending) return;
      ending = true;
      claims.halt();
      say(`${signal}: ending what was started`);
      void endAll(stack).then(
        () => process.exit(130),
        (error: Error) => {
          console.error(error.message);
          process.exit(1);
        },
      );
    });
  }
}

/** Pulumi first: it ends the call under way and saves what it knows. Then the cluster, again if a start was under way. */
async function endAll(stack: Stack): Promise<void> {
  await stack.interrupt();
  const isOurs = (): boolean => readState(place.cluster)?.owner?.pid === process.pid;
  if (!isOurs()) return;
  while (isOurs()) await endCluster(place.cluster);
  tidy(false);
}

function tidy(keepLogs: boolean): void {
  rmSync(place.kubeconfig, { force: true });
  if (!keepLogs) for (const left of [place.cluster, place.tutorial]) rmSync(left, { recursive: true, force: true });
  say(keepLogs ? `stopped the control plane; its logs are in ${place.cluster}` : "stopped the control plane");
}

function tellKept(stack: Stack): void {
  const file = join(place.tutorial, "env");
  const settings = Object.entries(stack.environment).map(([name, value]) => `export ${name}='${value}'\n`);
  writePrivately(file, settings.join(""));
  const config = join(place.tutorial, "4-key2.yaml");
  console.log(`
  The control plane stays up.
  kubeconfig           ${place.kubeconfig}
  go on with the stack . ${file} && pulumi preview --stack dev --config-file ${config}
  end it               npm run down`);
}

main(process.argv.slice(2)).catch((error: Error) => {
  // What fails because we end it is no news, and the ending itself decides when this process exits.
  if (ending) return;
  console.error(error.message);
  process.exit(1);
});
