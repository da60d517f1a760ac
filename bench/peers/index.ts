import { describeCount } from "../../components/kubernetes/count";
import { say } from "../../local/say";
import { type Row } from "../rows";
import { customResources } from "./cases/customResources";
import { secrets } from "./cases/secrets";
import { compare, staleStage } from "./compare";
import { describeTroubles, figuresOf } from "./figures";
import { describeLoad, describeMachine, describeVersions } from "./machine";
import type { Absent, Case, Subject } from "./stage";
import { inTree } from "./subjects/inTree";
import { findLimit } from "./subjects/limit";
import { ourMigrators, ourPass } from "./subjects/ours";
import { findPeers } from "./subjects/peers";
import { findProgram } from "./subjects/programs";

interface Size {
  servers: number;
  objects: number;
}

const CASES: Record<string, (size: Size) => Promise<Case>> = {
  none: (size) => customResources("None", size),
  webhook: (size) => customResources("webhook", size),
  secrets,
};

export interface PeersOptions {
  runs: number;
  objects: number;
  /** Names of CASES. @default all */
  cases?: string[];
  /** How many API servers, one figure after the other. @default 1 */
  servers?: number[];
}

/** The same objects brought to the next version, or key, by us, by Kubernetes, by other projects and by the leanest client. */
export async function peers({ runs, objects, cases, servers = [1] }: PeersOptions): Promise<Row[]> {
  const starts = (cases ?? Object.keys(CASES)).map((name) => {
    const start = CASES[name];
    if (start === undefined) throw new Error(`case is "${name}"; expected one of ${Object.keys(CASES).join(", ")}`);
    return start;
  });
  say(describeMachine());
  const { peers: others, absent } = await findPeers();
  const lean = await findProgram("lean");
  if (typeof lean !== "string") absent.push(lean);
  const rows: Row[] = [];
  const troubles: string[] = [];
  for (const count of servers) {
    for (const start of starts) {
      const of = await start({ servers: count, objects });
      try {
        const found = await figures(of, [...ourMigrators, inTree, ...others, ourPass], lean, runs);
        rows.push(...found.rows);
        troubles.push(...found.troubles);
      } finally {
        await of.end();
      }
    }
  }
  sayTheRest(absent, troubles);
  return rows;
}

async function figures(
  of: Case,
  all: readonly Subject[],
  lean: string | Absent,
  runs: number,
): Promise<{ rows: Row[]; troubles: string[] }> {
  const { apiServers, noPrivateNetwork } = of.local;
  const name = `${of.name}, ${describeCount(apiServers.length, "API server")}`;
  say(await describeVersions(of.local));
  if (noPrivateNetwork !== undefined) say(`all API servers share one address: ${noPrivateNetwork}`);
  const stage = await staleStage(of);
  const subjects = all.filter(({ onlyCrds }) => onlyCrds !== true || stage.encryption === undefined);
  const rows: Row[] = [];
  if (typeof lean === "string") {
    const found = await findLimit(lean, stage, name);
    subjects.push(found.limit);
    rows.push(...found.rows);
  }
  const found = await compare(of, subjects, runs);
  for (const [subject, each] of found) rows.push(...figuresOf(name, subject, each));
  return { rows, troubles: [...found].flatMap(([subject, each]) => describeTroubles(name, subject, each)) };
}

function sayTheRest(absent: readonly Absent[], troubles: readonly string[]): void {
  say(`at the end: ${describeLoad()}`);
  for (const { name, why } of absent) say(`${name} took no part: ${why}`);
  say(troubles.length === 0 ? "etcd had every object migrated after every run" : "NOT every run did all of its work:");
  for (const trouble of troubles) say(trouble);
}
