import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentials, makeGenericClientConstructor, type Client, type Server } from "@grpc/grpc-js";
import { serveKms, type KmsKeys } from "../../local/kms/plugin";
import { keyManagementService, type Messages } from "../../local/kms/service";

let dir: string;
let server: Server;
let client: Client;
const keys: KmsKeys = { current: "a", keys: { a: base64("a"), b: base64("b") }, healthz: "ok" };

function base64(letter: string): string {
  return Buffer.alloc(32, letter).toString("base64");
}
const know = (more: Partial<KmsKeys>): void =>
  writeFileSync(join(dir, "keys.json"), JSON.stringify({ ...keys, ...more }));

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "kms-"));
  know({});
  server = await serveKms(join(dir, "socket"), join(dir, "keys.json"), () => undefined);
  const KeyManagement = makeGenericClientConstructor(keyManagementService, "kms");
  client = new KeyManagement(`unix://${join(dir, "socket")}`, credentials.createInsecure());
});
afterAll(() => {
  client.close();
  server.forceShutdown();
  rmSync(dir, { recursive: true, force: true });
});

function call<Answered>(method: string, message: object): Promise<Answered> {
  type Method = (message: object, callback: (error: Error | null, answer: Answered) => void) => void;
  const methods = client as unknown as Record<string, Method>;
  return new Promise((resolve, reject) =>
    methods[method]?.call(client, message, (error, answer) => (error ? reject(error) : resolve(answer))),
  );
}

test("it encrypts under the key named in its file, tells that key's id, and reads what older keys encrypted", async () => {
  const plaintext = Buffer.from("a data encryption key");
  const old = await call<Messages["encrypted"]>("encrypt", { plaintext, uid: "1" });
  expect(old.keyId).toBe("a");
  know({ current: "b" });
  expect(await call("status", {})).toEqual({ version: "v2", healthz: "ok", keyId: "b" });
  const now = await call<Messages["encrypted"]>("encrypt", { plaintext, uid: "2" });
  expect(now.keyId).toBe("b");
  expect(now.ciphertext.includes(plaintext)).toBe(false);
  for (const { ciphertext, keyId } of [old, now])
    expect((await call<Messages["decrypted"]>("decrypt", { ciphertext, keyId })).plaintext).toEqual(plaintext);
  await expect(call("decrypt", { ...old, keyId: "b" })).rejects.toThrow(/authenticate/);
});

test("a key that it knows no more, and bad health, are errors that say so", async () => {
  const { ciphertext } = await call<Messages["encrypted"]>("encrypt", { plaintext: Buffer.from("x"), uid: "1" });
  know({ current: "a", keys: { a: base64("a") }, healthz: "out of order" });
  await expect(call("decrypt", { ciphertext, keyId: "b" })).rejects.toThrow("no key b");
  expect(await call("status", {})).toMatchObject({ healthz: "out of order" });
});
