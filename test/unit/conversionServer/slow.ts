import { connect, type TLSSocket } from "node:tls";

/** A client that sends this much and then nothing more. */
export interface SlowClient {
  /** What it was told so far. */
  told(): string;
  hasEnded(): boolean;
  end(): void;
}

export async function slowClient(port: number, ca: string, sent: string): Promise<SlowClient> {
  let told = "";
  let hasEnded = false;
  const socket: TLSSocket = connect({ host: "127.0.0.1", port, ca });
  socket.on("data", (chunk: Buffer) => (told += chunk.toString()));
  socket.on("error", () => undefined);
  socket.on("close", () => (hasEnded = true));
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  socket.write(sent);
  return { told: () => told, hasEnded: () => hasEnded, end: () => void socket.destroy() };
}

/** Serial number of the certificate that a new connection is shown. */
export function shownSerial(port: number, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, ca }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.on("error", reject);
  });
}
