import { say } from "../../../local/say";
import { clusterOptions } from "../../clusterOptions";
import { widgetCase } from "../../widgetCase";
import { createWidgets } from "../../widgets";
import type { Case } from "../stage";
import { startWidgetWebhook } from "./widgetWebhook";

export function customResources(
  conversion: "None" | "webhook",
  { servers, objects }: { servers: number; objects: number },
): Promise<Case> {
  return widgetCase(`custom resources, conversion ${conversion}`, clusterOptions(servers), async (local) => {
    const webhook = conversion === "webhook" ? await startWidgetWebhook(local) : undefined;
    say(`creating ${objects} custom resources`);
    await createWidgets(local, objects, webhook);
  });
}
