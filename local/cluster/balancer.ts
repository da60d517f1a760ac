import { connect, createServer, type Socket } from "node:net";

/** A plain TCP balancer, as stands before the API servers of a real cluster: each new connection goes to the next one that accepts it. */
function main([port = "", ...targets]: string[]): void {
  let next = 0;
  const server = createServer((client) => {
    const first = next++;
    const attempt = (tried: number): void => {
      if (tried === targets.length) return void client.destroy();
      const upstream = connect(Number(targets[(first + tried) % targets.length]), "127.0.0.1");
      upstream.once("connect", () => join(client, upstream));
      upstream.once("error", () => attempt(tried + 1));
    };
    attempt(0);
  });
  server.listen(Number(port), "127.0.0.1");
}

function join(client: Socket, upstream: Socket): void {
  upstream.removeAllListeners("error");
  for (const [from, to] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
    from.pipe(to);
  }
}

main(process.argv.slice(2));
