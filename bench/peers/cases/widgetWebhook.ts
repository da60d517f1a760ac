import * as fs from "fs";
import * as path from "path";
import { bundleConversion } from "../../../components/conversionWebhook/bundle";
import { connect } from "../../../local/cluster/client";
import type { Cluster as LocalCluster } from "../../../local/cluster/cluster";
import { freePorts } from "../../../local/cluster/ports";
import { ready } from "../../../local/cluster/ready";
import { makePlace } from "../../conversion/webhooks";
import type { WidgetWebhook } from "../../widgets";

/** What a ConversionWebhook would run for widgets, as a process that ends with the control plane. */
export async function startWidgetWebhook(local: LocalCluster): Promise<WidgetWebhook> {
  const { folder, ca } = await makePlace();
  const file = path.join(folder, "widgets.js");
  fs.writeFileSync(file, bundleConversion(path.join(__dirname, "..", "..", "widgetConversion.js")).code);
  const [port = 0] = await freePorts(1);
  const server = `https://127.0.0.1:${port}`;
  const started = local.startBeside("webhook", process.execPath, [file], {
    TLS_CERT: path.join(folder, "tls.crt"),
    TLS_KEY: path.join(folder, "tls.key"),
    HOST: "127.0.0.1",
    PORT: String(port),
  });
  const client = connect({ server, ca, token: "" });
  await ready(started, async () => (await client.send("GET", "/readyz")).status === 200);
  client.close();
  return { url: `${server}/convert`, ca };
}
