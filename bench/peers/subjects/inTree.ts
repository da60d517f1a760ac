import { setTimeout as sleep } from "timers/promises";
import type { Client } from "../../../local/cluster/client";
import type { Subject } from "../stage";

const MIGRATIONS = "/apis/storagemigration.k8s.io/v1/storageversionmigrations";
const POLL_MS = 250;
/** A resource of a live cluster is written to; without that the migrator may wait for a bookmark, which comes once a minute. */
const WRITES = 20;

interface Condition {
  type: string;
  status: string;
  message: string;
}

/** Kubernetes' own, as somebody uses it who has no other tool: created, and waited for. */
export const inTree: Subject = {
  name: "in-tree StorageVersionMigration",
  proves: false,
  run: async ({ local: { client }, resource: { group, plural, version } }) => {
    const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
    const some = (await client.get(`${root}/${plural}?limit=${WRITES}`)) as { items: { metadata: { name: string } }[] };
    const names = some.items.map(({ metadata }) => metadata.name);
    const { metadata } = await client.post(MIGRATIONS, {
      apiVersion: "storagemigration.k8s.io/v1",
      kind: "StorageVersionMigration",
      metadata: { generateName: "peers-" },
      spec: { resource: { group, resource: plural } },
    });
    while (!(await hasSucceeded(client, metadata.name))) {
      const name = names.pop();
      if (name !== undefined) await client.mergePatch(`${root}/namespaces/default/${plural}/${name}`, {});
      await sleep(POLL_MS);
    }
    await client.delete(`${MIGRATIONS}/${metadata.name}`);
  },
};

async function hasSucceeded(client: Client, name: string): Promise<boolean> {
  const { status } = (await client.get(`${MIGRATIONS}/${name}`)) as { status?: { conditions?: Condition[] } };
  const is = (type: string) => status?.conditions?.find((each) => each.type === type && each.status === "True");
  const failed = is("Failed");
  if (failed !== undefined) throw new Error(`StorageVersionMigration ${name} failed: ${failed.message}`);
  // Succeeded is set before status.storedVersions is.
  return is("Succeeded") !== undefined && is("Running") === undefined;
}
