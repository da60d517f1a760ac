import { say } from "../../../local/say";
import { row, type Row } from "../../rows";
import type { Stage, Subject } from "../stage";
import { runProgram } from "./programs";
import { flagsOf } from "./peers";

const CONNECTIONS = [2, 4, 8, 12, 16, 24, 32];
const ROUNDS = 3;
const NAME = "the limit: leanest client";

/**
 * The leanest client, with as many connections as this server answers fastest. Which that is, one flip tells: each number
 * writes three shares of the stale objects, in turn with the others.
 */
export async function findLimit(program: string, stage: Stage, of: string): Promise<{ limit: Subject; rows: Row[] }> {
  const write = async (on: Stage, flags: Record<string, number>): Promise<number> => {
    const numbers = Object.entries(flags).flatMap(([name, value]) => [`-${name}`, String(value)]);
    return Number(await runProgram(program, [...flagsOf(on), ...numbers]));
  };
  const slices = CONNECTIONS.length * ROUNDS;
  const rates: number[] = [];
  for (let slice = 0; slice < slices; slice++) {
    const connections = CONNECTIONS[slice % CONNECTIONS.length] ?? 1;
    rates.push(await write(stage, { connections, slice, slices }));
  }
  const rows = CONNECTIONS.map((connections, nth) =>
    row(
      { case: of, subject: NAME, metric: `rate with ${connections} connections`, unit: "objects/s" },
      rates.filter((_, slice) => slice % CONNECTIONS.length === nth),
    ),
  );
  const medians = rows.map(({ median }) => median);
  const connections = CONNECTIONS[medians.indexOf(Math.max(...medians))] ?? 1;
  say(`${NAME}: ${connections} connections are fastest`);
  return { limit: { name: NAME, proves: false, run: async (on) => void (await write(on, { connections })) }, rows };
}
