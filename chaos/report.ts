import { FAULTS, type FaultName } from "./faults";
import type { Plan } from "./plan";
import type { Verdict } from "./run";

const MOST_LINES = 10;

/** The first sentence of what an `up` failed with: what a phase says, else what the engine does. */
export function reasonOf(output: string): string {
  const ofPhase = /error: \d+ errors? occurred:\s+\* ([^\n]+)/.exec(output)?.[1];
  const said = [...output.matchAll(/(?:^|\s)error: ([^\n]+)/g)].map(([, text = ""]) => text.trim());
  const ofEngine = said.find((text) => !/^update failed|resource registration/.test(text));
  const last = output.trim().split("\n").at(-1)?.trim() ?? "";
  return (ofPhase ?? ofEngine ?? (last === "" ? "ended without a word" : last)).slice(0, 200);
}

/** `rotation (default), 3 servers, many objects: kill etcd in migrate + 1.2 s` */
export function describePlan({ kind, migrator, servers, isMany, throughWebhook, faults }: Plan): string {
  const told = faults.map(({ fault, phase, afterMs, forMs, server }) => {
    const which = FAULTS[fault].explains === "its server" && servers > 1 ? ` ${server + 1}` : "";
    const lasting = forMs > 0 ? ` for ${(forMs / 1000).toFixed(1)} s` : "";
    return `${fault}${which} in ${phase} + ${(afterMs / 1000).toFixed(1)} s${lasting}`;
  });
  const none = kind === "rollout" && !throughWebhook ? ", conversion None" : "";
  const many = isMany ? ", many objects" : "";
  return `${kind} (${migrator}), ${servers} server${servers === 1 ? "" : "s"}${many}${none}: ${told.join("; ")}`;
}

/** What is printed of one run. */
export function lines({ plan, seconds, met, reasons, operations, wrong }: Verdict): string[] {
  const missed = plan.faults.length - met.length;
  const told = [
    `${seconds.toFixed(0)} s`,
    `${reasons.length + 1} × up`,
    `${operations} operations`,
    ...(missed > 0 ? [`${missed} of ${plan.faults.length} faults came too late`] : []),
  ].join(", ");
  return [
    `seed ${plan.seed}: ${wrong.length === 0 ? "passed" : "FAILED"}: ${describePlan(plan)}: ${told}`,
    ...reasons.map((reason) => `    up stopped: ${reason}`),
    ...wrong.slice(0, MOST_LINES).map((each) => `    wrong: ${each}`),
    ...(wrong.length > MOST_LINES ? [`    … and ${wrong.length - MOST_LINES} more`] : []),
  ];
}

/** How often each fault met a run, and how many of those failed. */
export function counts(verdicts: readonly Verdict[]): string[] {
  const names = Object.keys(FAULTS) as FaultName[];
  const rows = names.flatMap((name) => {
    const with_ = verdicts.filter(({ met }) => met.includes(name));
    const failed = with_.filter(({ wrong }) => wrong.length > 0).length;
    return with_.length === 0 ? [] : [[name, String(with_.length), String(failed)] as const];
  });
  const width = Math.max(...rows.map(([name]) => name.length), "fault".length);
  return [["fault", "runs", "failed"] as const, ...rows].map(
    ([name, runs, failed]) => `${name.padEnd(width)}  ${runs.padStart(4)}  ${failed.padStart(6)}`,
  );
}

export function closing(passed: number, failed: number): string {
  return `${passed} passed, ${failed} failed`;
}

export function howToRepeat({ seed, servers }: Plan): string {
  return `npm run chaos -- --runs 1 --seed ${seed}${servers === 1 ? "" : ` --servers ${servers}`}`;
}
