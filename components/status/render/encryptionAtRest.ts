import type { SeenCluster } from "../clusterStatus";

export function describeEncryptionAtRest({ encryption }: SeenCluster): string | undefined {
  if (encryption === undefined) return undefined;
  const { description, servers, encrypted } = encryption;
  const hashes = [...new Set(Object.values(servers))];
  if (hashes.length === 1 && hashes[0] === "none") return `encryption at rest: none, ${description}`;
  const differ = hashes.length > 1 ? "which differ" : `${hashes[0] ?? "unknown"}`;
  const resources = encrypted.length === 0 ? "no resource seen encrypted since they started" : encrypted.join(", ");
  return `encryption at rest: configuration ${differ}, ${description}: ${resources}`;
}
