import { setTimeout as sleep } from "timers/promises";
import { connect } from "../../local/cluster/client";
import { readKubeconfig } from "../../local/cluster/kubeconfig";
import type { Seen } from "./otherClient";

const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
const NAME = "another-client";
const PAUSE_MS = 20;

const nothing = (): Seen => ({ GET: [], PUT: [], refused: 0 });
let seen = nothing();

/** A GET and a PUT of a ConfigMap over one connection, then a pause, until the parent is gone. */
async function main(): Promise<void> {
  process.on("message", (word) => {
    if (word === "end") process.send?.(seen);
    seen = nothing();
  });
  process.on("disconnect", () => process.exit());
  const client = connect(readKubeconfig(process.argv[2] ?? ""));
  const send = async (method: "GET" | "PUT", body?: object): Promise<void> => {
    const into = seen; // what began before a phase is not of it
    const began = performance.now();
    const { status } = await client.send(method, `${CONFIG_MAPS}/${NAME}`, body);
    const milliseconds = performance.now() - began;
    if (status === 200) into[method].push(milliseconds);
    else if (status === 429) into.refused++;
    else throw new Error(`another client: ${method} ${NAME} answered ${status}; expected 200 or 429`);
  };
  const configMap = (count: number) => ({ metadata: { name: NAME }, data: { count: String(count) } });
  await client.post(CONFIG_MAPS, configMap(0));
  for (let count = 1; ; count++) {
    await send("GET");
    await send("PUT", configMap(count));
    await sleep(PAUSE_MS);
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
