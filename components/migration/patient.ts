import type { ApiRequest } from "../kubernetes/api";
import type { ApiServer } from "../kubernetes/apiServers";
import { hasStatus, messageOf } from "../kubernetes/errors";
import type { Work } from "../kubernetes/report";
import { sleep } from "../kubernetes/sleep";
import { judge } from "./retry";

/**
 * The same server, asked again while it says that it has too much to do (429, 503, 504): a hundred CRDs in one program, or another
 * tool, may well keep it busy, and that is no reason to end a rollout at a gate. For requests that may be repeated.
 */
export function patient(server: ApiServer, work: Work): ApiServer {
  return { address: server.address, call: (request) => patiently(server, request, work) };
}

async function patiently<T>(server: ApiServer, request: ApiRequest, { report, signal }: Work): Promise<T> {
  const first = Date.now();
  for (let tried = 1; ; tried++) {
    const began = Date.now();
    try {
      return await server.call<T>(request);
    } catch (error) {
      if (!hasStatus(error, 429, 503, 504)) throw error;
      const now = Date.now();
      const verdict = judge(error, { tried, sinceFirstMs: now - first, lastMs: now - began });
      if (verdict.kind === "failed") throw error;
      report(`API server ${server.address}: ${messageOf(error)}; once more (${Math.round((now - first) / 1_000)} s)`);
      await sleep(verdict.afterMs, signal);
    }
  }
}
