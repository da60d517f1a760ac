import { officialPlugin } from "../../local/plugins/install";

const WHY_SKIPPED = "needs the official kubernetes plugin, which comes only by download and is not installed here";

/** A claim about the official plugin's own behaviour: with the stand-in it is reported as skipped, with the reason. */
export function officialTest(name: string, work: () => Promise<void>): void {
  if (officialPlugin("kubernetes") !== undefined) test(name, work);
  else test.skip(`${name} (${WHY_SKIPPED})`, work);
}

/** What such tests share is made only where they run. */
export const hasOfficialPlugin = (): boolean => officialPlugin("kubernetes") !== undefined;
