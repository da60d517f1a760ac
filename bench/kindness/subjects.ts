import { setTimeout as sleep } from "timers/promises";
import type { KubernetesObject } from "../../components/kubernetes/api";
import { MOST_AT_ONCE } from "../../components/migration/rewrite/pace";
import { listPages, type Page } from "../../components/migration/rewrite/pages";
import { touchObject } from "../../components/migration/rewrite/touch";
import { limitRequests } from "../../local/cluster/requestLimit";
import type { Subject } from "../peers/stage";
import { ourPass } from "../peers/subjects/ours";
import { flagsOf } from "../peers/subjects/peers";
import { runProgram } from "../peers/subjects/programs";
import { quiet } from "../secrets";
import { Refusals } from "./refusals";

const CONNECTIONS = 12;
/** Of API Priority and Fairness: ten requests at once, a third of what our pass would send. */
const SHARES = 4;

/** Nobody migrates, for about as long as our pass would. */
export function nobody(objects: number): Subject {
  return { name: "nobody", proves: false, run: () => sleep((objects / 500) * 1_000) };
}

/** Not our pass, which has no switch for it, but its requests: as many at once as it ever sends, however slow the API server becomes. */
export const withoutBackOff: Subject = {
  name: `ours without back-off: always ${MOST_AT_ONCE} at once`,
  proves: false,
  run: async ({ cluster, resource }) => {
    const listing = { ...quiet(), full: false, initializingSeconds: 60 };
    const objects = objectsOf(listPages(cluster, resource, listing));
    const rewrite = async (): Promise<void> => {
      for await (const object of objects) await touchObject(cluster, resource, object, quiet());
    };
    await Promise.all(Array.from({ length: MOST_AT_ONCE }, rewrite));
  },
};

async function* objectsOf(pages: AsyncIterable<Page>): AsyncGenerator<KubernetesObject> {
  for await (const { objects } of pages) yield* objects;
}

export function leanest(program: string): Subject {
  return {
    name: `leanest client, ${CONNECTIONS} connections`,
    proves: false,
    run: async (stage) => void (await runProgram(program, [...flagsOf(stage), "-connections", String(CONNECTIONS)])),
  };
}

/** Our pass where API Priority and Fairness refuses what it sends beyond its shares. @param refusals gets one for each run */
export function limitedPass(user: string, refusals: Refusals[]): Subject {
  return {
    name: "ours under a limit of API Priority and Fairness",
    proves: false,
    run: async (stage) => {
      const limit = await limitRequests(stage.local.client, user, SHARES);
      const refused = new Refusals();
      refusals.push(refused);
      try {
        await ourPass.run({ ...stage, cluster: refused.through(stage.cluster) });
      } finally {
        await limit.end();
      }
    },
  };
}
