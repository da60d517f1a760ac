import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { Server, ServerCredentials, status, type sendUnaryData, type ServerUnaryCall } from "@grpc/grpc-js";
import { keyManagementService, type Messages } from "./service";

/** What the plugin knows, in a file that it reads at each call. */
export interface KmsKeys {
  /** id of the key that encrypts */
  current: string;
  /** base64 of 32 bytes, by id */
  keys: Record<string, string>;
  /** What Status says of its health; anything but "ok" is an error to the API server. */
  healthz: string;
}

const cipher = "aes-256-gcm";
const ivBytes = 12;
const tagBytes = 16;

/** Serves a KMS v2 plugin for tests at a unix socket: real encryption, under keys that lie in a file. */
export async function serveKms(
  socket: string,
  keysFile: string,
  tell: (message: string) => void = console.log,
): Promise<Server> {
  const known = (): KmsKeys => JSON.parse(readFileSync(keysFile, "utf8")) as KmsKeys;
  const keyNamed = (id: string): Buffer => {
    const key = known().keys[id];
    if (key === undefined) throw new Error(`no key ${id}`);
    return Buffer.from(key, "base64");
  };
  let told = "";
  const server = new Server();
  server.addService(keyManagementService, {
    status: answer<object, Messages["status"]>(() => {
      const { current, healthz } = known();
      if (told !== current) tell(`encrypts under ${(told = current)}`);
      return { version: "v2", healthz, keyId: current };
    }),
    encrypt: answer<Messages["encrypt"], Messages["encrypted"]>(({ plaintext }) => {
      const keyId = known().current;
      const iv = randomBytes(ivBytes);
      const sealing = createCipheriv(cipher, keyNamed(keyId), iv);
      const sealed = Buffer.concat([sealing.update(plaintext), sealing.final()]);
      return { ciphertext: Buffer.concat([iv, sealing.getAuthTag(), sealed]), keyId };
    }),
    decrypt: answer<Messages["decrypt"], Messages["decrypted"]>(({ ciphertext, keyId }) => {
      const opening = createDecipheriv(cipher, keyNamed(keyId), ciphertext.subarray(0, ivBytes));
      opening.setAuthTag(ciphertext.subarray(ivBytes, ivBytes + tagBytes));
      return { plaintext: Buffer.concat([opening.update(ciphertext.subarray(ivBytes + tagBytes)), opening.final()]) };
    }),
  });
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix://${socket}`, ServerCredentials.createInsecure(), (error) => {
      if (error) reject(error);
      else resolve();
    }),
  );
  return server;
}

function answer<Asked, Answered>(work: (asked: Asked) => Answered) {
  return (call: ServerUnaryCall<Asked, Answered>, callback: sendUnaryData<Answered>): void => {
    try {
      callback(null, work(call.request));
    } catch (error) {
      callback({ code: status.INTERNAL, details: (error as Error).message });
    }
  };
}
