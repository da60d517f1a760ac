/** Any SelfieRequest, of either version. */
export interface SelfieRequest {
  apiVersion: string;
  kind: string;
  metadata?: { name?: string; namespace?: string; [field: string]: unknown };
  [field: string]: unknown;
}

export type Convert = (object: SelfieRequest, desiredAPIVersion: string) => SelfieRequest | Promise<SelfieRequest>;

const group = "stable.example.com";

/**
 * v1 keeps `hostPort: "example.com:8080"`, v2 keeps `host` and `port`. Nothing else is touched, an object without an address stays
 * one, and every way there and back gives the same object: a migration rewrites what this returns.
 */
export function convert(object: SelfieRequest, desiredAPIVersion: string): SelfieRequest {
  if (object.apiVersion === desiredAPIVersion) return object;
  if (object.apiVersion === `${group}/v1` && desiredAPIVersion === `${group}/v2`) return toV2(object);
  if (object.apiVersion === `${group}/v2` && desiredAPIVersion === `${group}/v1`) return toV1(object);
  throw new Error(
    `${nameOf(object)}: asked to convert ${object.apiVersion} to ${desiredAPIVersion}; expected ${group}/v1 and ${group}/v2`,
  );
}

function toV2(object: SelfieRequest): SelfieRequest {
  const { hostPort, ...rest } = object;
  const converted: SelfieRequest = { ...rest, apiVersion: `${group}/v2` };
  if (hostPort === undefined) return converted;
  // The last colon: an IPv6 address has its own, "[::1]:8080".
  const at = typeof hostPort === "string" ? hostPort.lastIndexOf(":") : -1;
  if (typeof hostPort !== "string" || at < 0 || hostPort === ":") {
    throw new Error(
      `${nameOf(object)}: hostPort is ${JSON.stringify(hostPort)}; expected HOST:PORT: correct it with a client of v1`,
    );
  }
  const host = hostPort.slice(0, at);
  const port = hostPort.slice(at + 1);
  return { ...converted, ...(host && { host }), ...(port && { port }) };
}

function toV1(object: SelfieRequest): SelfieRequest {
  const { host, port, ...rest } = object;
  const converted: SelfieRequest = { ...rest, apiVersion: `${group}/v1` };
  if (host === undefined && port === undefined) return converted;
  return { ...converted, hostPort: `${part(object, "host", host)}:${part(object, "port", port)}` };
}

// "a:" is read back as a host alone, so a part that is missing can be told from one that is there, as long as none is empty and no port holds a colon: v2's schema sees to both.
function part(object: SelfieRequest, field: "host" | "port", value: unknown): string {
  if (value === undefined) return "";
  if (typeof value !== "string" || value === "" || (field === "port" && value.includes(":"))) {
    throw new Error(
      `${nameOf(object)}: ${field} is ${JSON.stringify(value)}; expected ${field === "port" ? "text without a colon" : "text"}, not empty`,
    );
  }
  return value;
}

function nameOf({ kind, metadata }: SelfieRequest): string {
  return `${kind} ${metadata?.namespace ? `${metadata.namespace}/` : ""}${metadata?.name ?? "(no name yet)"}`;
}
