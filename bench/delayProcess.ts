import { connect, createServer, type Socket } from "net";

/** A webhook behind it answers so much later: what it is sent arrives after the delay, in order. */
function main(port: number, target: number, delayMs: number): void {
  createServer({ noDelay: true }, (socket) => {
    const server = connect({ host: "127.0.0.1", port: target, noDelay: true });
    socket.on("data", (chunk) => void setTimeout(() => server.write(chunk), delayMs));
    server.on("data", (chunk) => void socket.write(chunk));
    endTogether(socket, server);
  }).listen(port, "127.0.0.1");
}

function endTogether(...both: Socket[]): void {
  for (const each of both) {
    each.on("error", () => undefined); // its close follows
    each.on("close", () => both.forEach((other) => other.destroy()));
  }
}

const [port = 0, target = 0, delayMs = 0] = process.argv.slice(2).map(Number);
main(port, target, delayMs);
