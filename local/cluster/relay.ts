import { readFileSync } from "node:fs";
import { writePrivately } from "./kubeconfig";
import { OpenRoutes, type Route } from "./routes";

/** What the relay is told, in a file that it reads again at SIGHUP; the number comes back in FILE.applied. */
export interface Routes {
  generation: number;
  routes: Route[];
}

/** Passes connections on: the balancer before several API servers, and the bridges out of their private network. */
async function main(file: string): Promise<void> {
  const open = new OpenRoutes();
  const apply = async (): Promise<void> => {
    const { generation, routes } = JSON.parse(readFileSync(file, "utf8")) as Routes;
    await open.set(routes);
    writePrivately(`${file}.applied`, String(generation));
  };
  let applied = apply();
  process.on("SIGHUP", () => {
    applied = applied.then(apply);
  });
  await applied;
}

main(process.argv[2] ?? "").catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
