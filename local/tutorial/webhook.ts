import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeAuthority, makeServerCertificate } from "../certificates";
import { checkout } from "../checkout";
import type { Cluster } from "../cluster/cluster";
import { writePrivately } from "../cluster/kubeconfig";
import { isRunning, lastLines } from "../processes";

export interface RunningWebhook {
  url: string;
  caBundleFile: string;
}

const name = "webhook";
const startMilliseconds = 20_000;

/** Runs the example's conversion webhook as a process of its own beside the cluster, with a certificate of its own authority. */
export async function startWebhookProcess(cluster: Cluster, caBundleFile: string): Promise<RunningWebhook> {
  const authority = await makeAuthority("selfierequests webhook");
  const server = await makeServerCertificate(authority, "selfierequests webhook");
  const [cert, key] = [join(cluster.dir, "webhook.crt"), join(cluster.dir, "webhook.key")];
  writePrivately(caBundleFile, authority.cert);
  writePrivately(cert, server.cert);
  writePrivately(key, server.key);
  const started = cluster.startBeside(name, process.execPath, [
    checkout("dist", "examples", "selfierequests", "webhook.js"),
    "--cert",
    cert,
    "--key",
    key,
  ]);
  const deadline = Date.now() + startMilliseconds;
  for (;;) {
    const url = /https:\S+/.exec(readFileSync(started.log, "utf8"))?.[0];
    if (url) return { url, caBundleFile };
    if (!isRunning(started) || Date.now() > deadline)
      throw new Error(`the webhook did not start; its log, ${started.log}, ends with\n${lastLines(started.log)}`);
    await sleep(50);
  }
}

export function stopWebhookProcess(cluster: Cluster): Promise<void> {
  return cluster.endBeside(name);
}
