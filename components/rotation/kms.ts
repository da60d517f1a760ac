import type { Reported } from "./reported";

/** The key id hash that every API server reports for this provider, or why there is none. Pure. */
export function agreedKeyId(_reported: Reported, _provider: string): { keyId: string } | { why: string } {
  throw new Error("to be written");
}
