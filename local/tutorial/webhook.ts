import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bundleConversion } from "../../components/conversionWebhook/bundle";
import { makeAuthority, makeServerCertificate } from "../certificates";
import type { Cluster } from "../cluster/cluster";
import { writePrivately } from "../cluster/kubeconfig";
import { isRunning, lastLines, type StartedProcess } from "../processes";

export interface RunningWebhook {
  url: string;
  caBundleFile: string;
  /** SIGKILL, as a crash. */
  kill(): Promise<void>;
  /** At the same address, with the same certificate. */
  startAgain(): Promise<void>;
}

const name = "webhook";
const startMilliseconds = 20_000;

/**
 * Runs a conversion as a process of its own beside the cluster, with a certificate of its own authority: the very file that
 * a ConversionWebhook has its pods run, in their environment.
 *
 * @param conversion path of the module whose default export is the conversion
 */
export async function startWebhookProcess(
  cluster: Cluster,
  caBundleFile: string,
  conversion: string,
): Promise<RunningWebhook> {
  const authority = await makeAuthority("selfierequests webhook");
  const server = await makeServerCertificate(authority, "selfierequests webhook");
  const [cert, key] = [join(cluster.dir, "webhook.crt"), join(cluster.dir, "webhook.key")];
  writePrivately(caBundleFile, authority.cert);
  writePrivately(cert, server.cert);
  writePrivately(key, server.key);
  const file = join(cluster.dir, "webhook.js");
  writeFileSync(file, bundleConversion(conversion).code);
  const start = (port: string): StartedProcess => {
    const env = { ...process.env, PORT: port, HOST: "127.0.0.1", TLS_CERT: cert, TLS_KEY: key, DRAIN_SECONDS: "0" };
    return cluster.startBeside(name, process.execPath, [file], env);
  };
  const port = await serving(start("0"), 1);
  let starts = 1;
  return {
    url: `https://127.0.0.1:${port}/convert`,
    caBundleFile,
    kill: () => cluster.killBeside(name),
    startAgain: async () => void (await serving(start(port), ++starts)),
  };
}

/** The port, once it says for the nth time that it serves: its log goes on from start to start. */
async function serving(started: StartedProcess, nth: number): Promise<string> {
  const deadline = Date.now() + startMilliseconds;
  for (;;) {
    const found = [...readFileSync(started.log, "utf8").matchAll(/"message":"serving".*"port":(\d+)/g)];
    const port = found[nth - 1]?.[1];
    if (port !== undefined) return port;
    if (!isRunning(started) || Date.now() > deadline)
      throw new Error(`the webhook did not start; its log, ${started.log}, ends with\n${lastLines(started.log)}`);
    await sleep(50);
  }
}

export function stopWebhookProcess(cluster: Cluster): Promise<void> {
  return cluster.endBeside(name);
}
