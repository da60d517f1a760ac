import { availableParallelism } from "node:os";

/** How the server runs. Every time is in seconds. */
export interface ServerOptions {
  /** @default 8443; 0 is any free one */
  readonly port: number;
  /** @default all addresses */
  readonly host?: string;
  /** PEM files of the certificate, with its chain, and of its key. Read again when they change. */
  readonly certificate: { readonly cert: string; readonly key: string };
  /** Folder of files of 32 bytes each that seal sensitive fields; in the order of their names, the first one seals. */
  readonly keys?: string;
  /** How long one review may take before its worker is ended. The API server itself waits 30 s. @default 20 */
  readonly deadlineSeconds: number;
  /** @default 64 MiB: a page of 500 objects of which most are small */
  readonly largestBody: number;
  /** So many threads convert at most, each one review at a time. @default as many as processors, at least two: one that hangs holds up no other */
  readonly workers: number;
  /** How long it goes on serving after SIGTERM, until no Service sends it anything any more. @default 5 */
  readonly drainSeconds: number;
  /** Shown as a label of a metric, so that one sees which bundle answers. */
  readonly bundle?: string;
}

const MIB = 1024 * 1024;

/**
 * The options as a Deployment gives them: PORT, HOST, TLS_CERT, TLS_KEY, KEYS, DEADLINE_SECONDS, LARGEST_BODY_MIB, WORKERS,
 * DRAIN_SECONDS, BUNDLE_SHA256.
 *
 * @throws Error naming the variable, what it is and what was expected
 */
export function optionsFrom(environment: Readonly<Record<string, string | undefined>>): ServerOptions {
  const number = (name: string, otherwise: number, least = 0): number => {
    const text = environment[name] ?? "";
    if (text === "") return otherwise;
    const value = Number(text);
    if (Number.isFinite(value) && value >= least) return value;
    throw new Error(`${name} is "${text}"; expected a number of at least ${least}`);
  };
  const file = (name: string): string => {
    const text = environment[name] ?? "";
    if (text !== "") return text;
    throw new Error(`${name} is not set; expected the path of a PEM file`);
  };
  const { HOST: host, KEYS: keys, BUNDLE_SHA256: bundle } = environment;
  return {
    port: number("PORT", 8443),
    certificate: { cert: file("TLS_CERT"), key: file("TLS_KEY") },
    deadlineSeconds: number("DEADLINE_SECONDS", 20, 0.001),
    largestBody: number("LARGEST_BODY_MIB", 64, 1) * MIB,
    workers: Math.floor(number("WORKERS", Math.max(2, availableParallelism()), 1)),
    drainSeconds: number("DRAIN_SECONDS", 5),
    ...(host && { host }),
    ...(keys && { keys }),
    ...(bundle && { bundle }),
  };
}
