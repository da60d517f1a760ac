import type { Texts } from "../../crd/sources/text";
import { UsageError, type Terminal } from "../subcommand";
import { readFiles } from "./files";
import { readGit } from "./git";
import type { Input } from "./input";
import { readLiveInput } from "./live";
import { inputOfTexts, type Side } from "./inputOfTexts";
import { describeCount } from "../../kubernetes/count";

export interface Inputs {
  readonly old: Input;
  readonly next: Input;
}

/** What each of the two positional arguments may be, for the help texts. */
export const INPUTS_HELP = `OLD and NEW are each one of
  FILE, FOLDER   YAML or JSON; of a folder every *.yaml, *.yml and *.json in it, not the folders below it
  CHART          folder or .tgz; what stands below crds/, also in the charts it depends on; templates are not rendered
  -              standard input
  git:REF:PATH   the file or folder PATH of this repository as it is at REF
  live:          the cluster of the current context, live:CONTEXT of another one: the CRDs that the other side names`;

/** Reads OLD and NEW. The cluster is asked last, for the names that the other side has. */
export async function readInputs(positionals: readonly string[], terminal: Terminal): Promise<Inputs> {
  const [old, next, ...more] = positionals;
  if (old === undefined || next === undefined || more.length > 0) {
    throw new UsageError({ what: `${describeCount(positionals.length, "input")} given`, expected: "two, OLD and NEW" });
  }
  if (old === "-" && next === "-") {
    throw new UsageError({ what: "- is given twice", expected: "standard input for one of OLD and NEW" });
  }
  if (isLive(old) && isLive(next)) {
    throw new UsageError({ what: "OLD and NEW are both live:", expected: "a file that names the CRDs on one side" });
  }
  if (isLive(old)) {
    const read = await readSide(next, "NEW", terminal);
    return { old: await readCluster(old, read, terminal), next: read };
  }
  const read = await readSide(old, "OLD", terminal);
  const other = isLive(next) ? readCluster(next, read, terminal) : readSide(next, "NEW", terminal);
  return { old: read, next: await other };
}

const NOTHING: Texts = { texts: [], unrendered: [] };

const isNothing = ({ texts, unrendered }: Texts): boolean => texts.length + unrendered.length === 0;

const isLive = (given: string): boolean => given.startsWith("live:");

/** A file, folder, standard input or `git:REF:PATH`; everything but the cluster. */
export async function readInput(given: string, side: Side, terminal: Terminal): Promise<Input> {
  return inputOfTexts(given, (await textsOf(given, terminal)) ?? NOTHING, side, terminal);
}

/**
 * The first CRD of a repository has no path at OLD, and the last one leaves an empty folder at NEW, where it is missed. A folder
 * without manifests at OLD is more likely a wrong one, with which nothing would be compared.
 */
async function readSide(given: string, side: Side, terminal: Terminal): Promise<Input> {
  const texts = await textsOf(given, terminal);
  const isEmpty = texts === undefined ? side === "OLD" : side === "NEW" && isNothing(texts);
  if (!isEmpty) return inputOfTexts(given, texts ?? NOTHING, side, terminal);
  terminal.complain(`${given}: no manifest is there${texts === undefined ? " yet" : ""}`);
  return { given, found: [], isLive: false };
}

async function textsOf(given: string, terminal: Terminal): Promise<Texts | undefined> {
  if (given === "-") {
    return { texts: [{ name: "standard input", text: await terminal.readStdin() }], unrendered: [] };
  }
  return given.startsWith("git:") ? readGit(given) : readFiles(given);
}

async function readCluster(given: string, named: Input, terminal: Terminal): Promise<Input> {
  const names = named.found.map(({ definition }) => definition.metadata.name).sort();
  return readLiveInput(given, names, terminal);
}
