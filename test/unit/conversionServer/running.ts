import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleConversion } from "../../../components/conversionWebhook/bundle";
import { makeAuthority, makeServerCertificate } from "../../../local/certificates";

export interface Reply {
  status: number;
  text: string;
  /** Milliseconds. */
  took: number;
}

/** The bundle of a conversion as a process of its own, as it runs in a pod. */
export interface Running {
  readonly folder: string;
  readonly process: ChildProcess;
  readonly port: number;
  /** PEM of its certificate's authority. */
  readonly ca: string;
  /** Every line it has logged so far. */
  logged(): Record<string, unknown>[];
  send(method: string, path: string, body?: string, agent?: Agent): Promise<Reply>;
  convert(review: unknown): Promise<{ status: number; review: ReviewAnswer; text: string }>;
  /** A new certificate, of the same authority. */
  writeCertificate(): Promise<void>;
  ended(): Promise<number | null>;
  end(): Promise<void>;
}

export interface ReviewAnswer {
  response: { uid: string; result: { status: string; message?: string }; convertedObjects: Record<string, unknown>[] };
}

export function reviewOf(objects: unknown[], desiredAPIVersion = "stable.example.com/v2", uid = "u1"): unknown {
  const head = { apiVersion: "apiextensions.k8s.io/v1", kind: "ConversionReview" };
  return { ...head, request: { uid, desiredAPIVersion, objects } };
}

/** @param source the module whose default export is the conversion */
export async function startBundle(source: string, environment: Record<string, string> = {}): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), "conversion-"));
  const [cert, key] = [join(folder, "tls.crt"), join(folder, "tls.key")];
  const authority = await makeAuthority("conversion test");
  const writeCertificate = async (): Promise<void> => {
    const made = await makeServerCertificate(authority, "conversion");
    writeFileSync(cert, made.cert);
    writeFileSync(key, made.key, { mode: 0o600 });
  };
  await writeCertificate();
  const file = join(folder, "webhook.js");
  writeFileSync(file, bundleConversion(source).code);
  const env = { PORT: "0", HOST: "127.0.0.1", TLS_CERT: cert, TLS_KEY: key, WORKERS: "2", DRAIN_SECONDS: "1" };
  const child = spawn(process.execPath, [file], { env: { ...env, ...environment }, stdio: ["ignore", "pipe", "pipe"] });
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const logged = (): Record<string, unknown>[] =>
    output
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.on("data", () => {
      const serving = logged().find(({ message }) => message === "serving");
      if (serving !== undefined) resolve(serving["port"] as number);
    });
    child.once("exit", () => reject(new Error(output)));
  });
  const shared = new Agent({ keepAlive: true, ca: authority.cert });
  const send: Running["send"] = (method, path, body, agent = shared) =>
    new Promise((resolve, reject) => {
      const began = performance.now();
      const headers = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) };
      const to = { host: "127.0.0.1", port, path, method, headers, ca: authority.cert };
      const outgoing = request({ ...to, agent }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("error", reject);
        const { statusCode: status = 0 } = response;
        response.on("end", () => resolve({ status, text, took: performance.now() - began }));
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  return {
    folder,
    process: child,
    port,
    ca: authority.cert,
    logged,
    send,
    async convert(review) {
      const { status, text } = await send("POST", "/convert?timeout=30s", JSON.stringify(review));
      return { status, text, review: (status === 200 ? JSON.parse(text) : {}) as ReviewAnswer };
    },
    writeCertificate,
    ended: () => exited,
    async end() {
      shared.destroy();
      if (child.exitCode === null) child.kill("SIGKILL");
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
}

/** A conversion that hangs, throws or ends its thread where an object's `hostPort` says so. */
export const naughty = join(__dirname, "conversions", "naughty.ts");

/** An object as the naughty conversion takes it. */
export function selfie(name: string, fields: object, version = "v1"): object {
  return {
    apiVersion: `stable.example.com/${version}`,
    kind: "SelfieRequest",
    metadata: { name, namespace: "default" },
    ...fields,
  };
}
