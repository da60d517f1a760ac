import { isWebhookConversion } from "../../crd/conversion";
import type { Conversion, Definition } from "../../crd/definition";
import { removedStage } from "../stages";
import { prunesNothing } from "./prunesNothing";

/**
 * The versions that stay lose nothing to each other without the webhook that is to go with these versions. Serve asks it of the
 * manifest; with `--target` or `--exclude` drop runs without serve, and with a manifest that serve would refuse.
 *
 * @param live as serve left it
 * @param conversion what drop is to leave
 */
export function conversionMayGo(live: Definition, names: string[], conversion: Conversion | undefined): string[] {
  if (!isWebhookConversion(live.spec.conversion)) return [];
  return prunesNothing(removedStage(live, names, conversion), live);
}
