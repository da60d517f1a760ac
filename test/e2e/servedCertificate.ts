import { once } from "events";
import * as tls from "tls";
import { X509Certificate } from "crypto";

/** The certificate that a process of this machine shows on a port. */
export async function servedCertificate(port: number): Promise<X509Certificate> {
  const socket = tls.connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { raw } = socket.getPeerCertificate();
  socket.destroy();
  return new X509Certificate(raw);
}
