import * as fs from "fs";
import * as path from "path";
import { bundleConversion } from "../../../components/conversionWebhook/bundle";
import { checkout } from "../../../local/checkout";
import { connect } from "../../../local/cluster/client";
import type { Cluster as LocalCluster } from "../../../local/cluster/cluster";
import { freePorts } from "../../../local/cluster/ports";
import { ready } from "../../../local/cluster/ready";
import type { StartedProcess } from "../../../local/processes";
import { makePlace } from "../../conversion/webhooks";
import type { WidgetWebhook } from "../../widgets";

/**
 * What a ConversionWebhook would run for widgets, as a process that ends with the control plane.
 *
 * @param delayMs each review takes so much longer
 */
export async function startWidgetWebhook(local: LocalCluster, delayMs = 0): Promise<WidgetWebhook> {
  const { folder, ca } = await makePlace();
  const file = path.join(folder, "widgets.js");
  fs.writeFileSync(file, bundleConversion(path.join(__dirname, "..", "..", "widgetConversion.js")).code);
  const [port = 0, delayed = 0] = await freePorts(2);
  const started = local.startBeside("webhook", process.execPath, [file], {
    TLS_CERT: path.join(folder, "tls.crt"),
    TLS_KEY: path.join(folder, "tls.key"),
    HOST: "127.0.0.1",
    PORT: String(port),
  });
  await awaitReady(started, { port, ca });
  if (delayMs === 0) return { url: urlOf(port), ca };
  const args = [checkout("dist", "bench", "delayProcess.js"), ...[delayed, port, delayMs].map(String)];
  await awaitReady(local.startBeside("delay", process.execPath, args), { port: delayed, ca });
  return { url: urlOf(delayed), ca };
}

async function awaitReady(started: StartedProcess, { port, ca }: { port: number; ca: string }): Promise<void> {
  const client = connect({ server: `https://127.0.0.1:${port}`, ca, token: "" });
  await ready(started, async () => (await client.send("GET", "/readyz")).status === 200);
  client.close();
}

function urlOf(port: number): string {
  return `https://127.0.0.1:${port}/convert`;
}
