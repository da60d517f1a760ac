import { readFileSync } from "fs";

/**
 * Of this process, in MiB. On Linux as the kernel counts it for the program that runs: `ru_maxrss` keeps what the process was before
 * exec(2), which is its parent.
 */
export function peakMemory(): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS / 1024;
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  if (kibibytes === undefined) throw new Error("/proc/self/status has no VmHWM; expected the peak of resident memory");
  return Number(kibibytes) / 1024;
}
