import { execFile, spawn, type ChildProcess } from "child_process";
import * as fs from "fs";
import { get } from "https";
import * as path from "path";
import { setTimeout as sleep } from "timers/promises";
import { promisify } from "util";
import { bundleConversion } from "../../components/conversionWebhook/bundle";
import { makeAuthority, makeServerCertificate } from "../../local/certificates";
import { checkout } from "../../local/checkout";
import { freePorts } from "../../local/cluster/ports";
import { cached } from "../../local/toolchain/cache";
import { digestOf } from "../../local/toolchain/digest";
import { findGo } from "../../local/toolchain/go";
import { goBuild } from "../../local/toolchain/goBuild";

/** A webhook as a program: what to run, and how large it is. */
export interface Program {
  readonly subject: "ours" | "controller-runtime";
  readonly bytes: number;
  start(port: number): ChildProcess;
}

/** One that runs. */
export interface Webhook {
  readonly subject: string;
  readonly port: number;
  readonly ca: string;
  /** From the start of the process until /readyz is ok. */
  readonly startSeconds: number;
  /** Resident memory now, in MiB. */
  memory(): Promise<number>;
  /** Of all its threads so far; on Linux. */
  cpuSeconds(): number;
  end(): Promise<void>;
}

/** The same certificate for both. */
export interface Place {
  readonly folder: string;
  readonly ca: string;
}

export async function makePlace(): Promise<Place> {
  const folder = checkout(".local", "bench", "conversion");
  fs.mkdirSync(folder, { recursive: true });
  const authority = await makeAuthority("conversion benchmark");
  const { cert, key } = await makeServerCertificate(authority, "conversion");
  fs.writeFileSync(path.join(folder, "tls.crt"), cert);
  fs.writeFileSync(path.join(folder, "tls.key"), key, { mode: 0o600 });
  return { folder, ca: authority.cert };
}

/** What a ConversionWebhook would run, with the server's defaults. */
export function ours({ folder }: Place): Program {
  const { code } = bundleConversion(path.join(__dirname, "backends.js"));
  const file = path.join(folder, "webhook.js");
  fs.writeFileSync(file, code);
  const env = { TLS_CERT: path.join(folder, "tls.crt"), TLS_KEY: path.join(folder, "tls.key"), HOST: "127.0.0.1" };
  return {
    subject: "ours",
    bytes: Buffer.byteLength(code),
    start: (port) => spawn(process.execPath, [file], { env: { ...env, PORT: String(port) }, stdio: "ignore" }),
  };
}

/** The same conversion as a Go program with controller-runtime's handler, built once. */
export async function controllerRuntime({ folder }: Place): Promise<Program> {
  const source = checkout("bench", "conversion", "controllerRuntime");
  const inputs = fs
    .readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((name) => path.extname(name) !== "");
  const built = await cached({
    name: "conversion-peer",
    key: digestOf(
      inputs.sort().map((input) => path.join(source, input)),
      [process.platform, process.arch],
    ),
    make: async (target) => {
      const output = path.join(target, "webhook");
      await goBuild(await findGo(), { subject: "webhook of controller-runtime", folder: source, package: ".", output });
    },
  });
  const file = path.join(built, "webhook");
  return {
    subject: "controller-runtime",
    bytes: fs.statSync(file).size,
    start: (port) => spawn(file, ["-port", String(port), "-certificates", folder], { stdio: "ignore" }),
  };
}

export async function startWebhook(program: Program, { ca }: Place): Promise<Webhook> {
  const { subject } = program;
  const [port = 0] = await freePorts(1);
  const began = performance.now();
  const child = program.start(port);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const end = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  while ((await readiness(port, ca)) !== 200) {
    if (child.exitCode !== null)
      throw new Error(`${subject} ended with exit code ${child.exitCode}; expected it to serve`);
    if (performance.now() - began > 60_000) {
      await end();
      throw new Error(`${subject} is not ready after a minute; expected 200 from https://127.0.0.1:${port}/readyz`);
    }
    await sleep(2);
  }
  const startSeconds = (performance.now() - began) / 1000;
  const memory = async (): Promise<number> => {
    const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(child.pid)]);
    return Number(stdout) / 1024;
  };
  const cpuSeconds = (): number => {
    // proc_pid_stat(5): utime and stime are the 14th and 15th, in hundredths of a second; the 2nd may hold spaces.
    const [, fields = ""] = /.*\) (.*)/.exec(fs.readFileSync(`/proc/${child.pid}/stat`, "utf8")) ?? [];
    return fields
      .split(" ")
      .slice(11, 13)
      .map(Number)
      .reduce((sum, ticks) => sum + ticks / 100, 0);
  };
  return { subject, port, ca, startSeconds, memory, cpuSeconds, end };
}

function readiness(port: number, ca: string): Promise<number> {
  return new Promise((resolve) => {
    const asked = get({ host: "127.0.0.1", port, path: "/readyz", ca, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on("error", () => resolve(0));
  });
}
