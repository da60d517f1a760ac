import { describeCount } from "../../components/kubernetes/count";
import type { Cluster as LocalCluster } from "../../local/cluster/cluster";
import { readEtcd, writeManyToEtcd } from "../../local/cluster/etcd";
import { say } from "../../local/say";
import { clusterOptions } from "../clusterOptions";
import { startWidgetWebhook } from "../peers/cases/widgetWebhook";
import type { Case } from "../peers/stage";
import { widgetCase } from "../widgetCase";
import { createDefinition, GROUP, PLURAL, STORED_UNDER, widget } from "../widgets";
import { copiesOf, namespaceOf } from "./copies";
import { nameOf, type Point } from "./points";

/**
 * A control plane of its own, so that no point pays for the caches or the history of another. Without a controller-manager: its
 * garbage collector would hold every object in memory and share the cores.
 */
export function pointCase(point: Point): Promise<Case> {
  const options = { ...clusterOptions(1), controllerManager: false };
  return widgetCase(nameOf(point), options, async (local) => {
    const webhook = point.webhook && (await startWidgetWebhook(local, point.webhook.delayMs));
    await createDefinition(local, webhook);
    for (let nth = 1; nth < point.namespaces; nth++)
      await local.client.post("/api/v1/namespaces", { metadata: { name: namespaceOf(nth) } });
    say(`writing ${describeCount(point.objects, "object")} to etcd`);
    await writeManyToEtcd(local.etcd, copiesOf(await storedWidget(local), point));
  });
}

/** The first object is created through the API server, so that the others are as it stores them: its managedFields cost, too. */
async function storedWidget({ client, etcd }: LocalCluster): Promise<string> {
  await client.post(`/apis/${GROUP}/v1/namespaces/default/${PLURAL}`, widget("widget-0", [""]));
  const [stored] = await readEtcd(etcd, STORED_UNDER);
  if (stored === undefined) throw new Error(`etcd has nothing under ${STORED_UNDER}; expected the object just created`);
  return stored.value;
}
