import { createHash } from "crypto";
import { UserError } from "../../kubernetes/errors";
import type { Problem } from "../../kubernetes/problem";

/** A host key that is expected. */
export type PinnedKey = { kind: "fingerprint"; fingerprint: string } | { kind: "key"; type: string; data: Buffer };

/** Reads `SHA256:…`, or `TYPE BASE64` as in known_hosts and in ssh_host_*_key.pub, with or without what stands around it. */
export function parsePinnedHostKey(text: string, where: string): PinnedKey {
  const words = text.trim().split(/\s+/);
  const [first = ""] = words;
  if (words.length === 1 && /^SHA256:[A-Za-z0-9+/]{43}=?$/.test(first)) {
    return { kind: "fingerprint", fingerprint: first.replace(/=$/, "") };
  }
  const at = words.findIndex((word, index) => index < 2 && /^(ssh|ecdsa|sk-ssh)-/.test(word));
  const type = words[at] ?? "";
  const data = Buffer.from(words[at + 1] ?? "", "base64");
  if (at >= 0 && typeOf(data) === type) return { kind: "key", type, data };
  throw new UserError({
    what: `${where} is "${text.trim().slice(0, 60)}"`,
    expected:
      'a line like "ssh-ed25519 AAAA…", or a fingerprint like "SHA256:…": on the host, `cat /etc/ssh/ssh_host_ed25519_key.pub` prints the first',
  });
}

/** The signature algorithms that make a server show the pinned key and not another of its keys; undefined when any type will do. */
export function hostKeyAlgorithms(pinned: PinnedKey | undefined): string[] | undefined {
  if (pinned?.kind !== "key") return undefined;
  return pinned.type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [pinned.type];
}

export function isPinnedHostKey(pinned: PinnedKey | undefined, found: Buffer): boolean {
  if (pinned === undefined) return false;
  return pinned.kind === "key" ? pinned.data.equals(found) : pinned.fingerprint === fingerprintHostKey(found);
}

/** Why this key is refused, and what to do. */
export function describeRefusedHostKey(
  host: string,
  where: string,
  pinned: PinnedKey | undefined,
  found: Buffer,
): Problem {
  const shown = `${typeOf(found)} ${fingerprintHostKey(found)}`;
  const line = `${typeOf(found)} ${found.toString("base64")}`;
  const compare = `compare it with what \`ssh-keygen -lf /etc/ssh/ssh_host_${familyOf(found)}_key.pub\` prints on the host`;
  if (pinned === undefined) {
    return {
      what: `the host key of ${host} is not pinned: found ${shown}`,
      expected: `${where} to say which it is`,
      next: `${compare}, then set hostKey: "${line}"`,
    };
  }
  const expected = pinned.kind === "key" ? `${pinned.type} ${fingerprintHostKey(pinned.data)}` : pinned.fingerprint;
  return {
    what: `the host key of ${host} is not the pinned one: found ${shown}`,
    expected,
    why: "either the host was made anew, or somebody stands in between",
    next: `${compare}; only if it is the same, set hostKey: "${line}"`,
  };
}

/** As `ssh-keygen -l` prints it. */
export function fingerprintHostKey(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** The first field of a public key: its length and its type, RFC 4253 section 6.6. */
function typeOf(key: Buffer): string {
  if (key.length < 4) return "";
  return key.toString("latin1", 4, 4 + key.readUInt32BE(0));
}

function familyOf(key: Buffer): string {
  const type = typeOf(key);
  return type.startsWith("ecdsa") ? "ecdsa" : type.replace(/^ssh-/, "");
}
