import { main } from "../components/command/main";
import type { Terminal } from "../components/command/subcommand";
import { peakMemory } from "./peakMemory";

/** What one look cost, and what it saw. */
export interface Look {
  seconds: number;
  /** MiB, of the whole process */
  peakMemory: number;
  crds: number;
  objects: number;
  /** verdict → CRDs */
  verdicts: Record<string, number>;
}

interface Shown {
  clusters: { crds: { objects?: { count?: number }; verdict: string }[] }[];
}

/** `status --json` in a process of its own; prints a Look in place of what it showed. */
async function look(): Promise<void> {
  let shown = "";
  const terminal: Terminal = {
    print: (text) => void (shown += text),
    complain: (text) => void process.stderr.write(`${text}\n`),
    progress: () => undefined,
    showsProgress: false,
    readStdin: () => Promise.resolve(""),
    isScreen: false,
    interrupted: new AbortController().signal,
  };
  const began = Date.now();
  await main(["status", "--json", "--kubeconfig", process.argv[2] ?? ""], terminal);
  const seconds = (Date.now() - began) / 1000;
  const crds = (JSON.parse(shown) as Shown).clusters.flatMap((cluster) => cluster.crds);
  const verdicts: Record<string, number> = {};
  for (const { verdict } of crds) verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
  const objects = crds.reduce((sum, crd) => sum + (crd.objects?.count ?? 0), 0);
  process.stdout.write(
    JSON.stringify({ seconds, peakMemory: peakMemory(), crds: crds.length, objects, verdicts } satisfies Look),
  );
}

look().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
