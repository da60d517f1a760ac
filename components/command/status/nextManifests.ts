import type { NextManifest } from "../../status/finding";
import { readInput } from "../inputs/readInputs";
import type { Terminal } from "../subcommand";

/**
 * Every CRD of the next release, by name. Only its form has to be right: whether the API server would refuse it is the question.
 *
 * @param given a file or folder, `-`, or `git:REF:PATH`
 * @throws UserError for what cannot be read, is no YAML or no CRD, and where there is none
 */
export async function readNextManifests(given: string, terminal: Terminal): Promise<Map<string, NextManifest>> {
  const { found } = await readInput(given, "OLD", terminal);
  return new Map(
    found.map(({ definition, source }) => [
      definition.metadata.name,
      { where: `${source.name}:${source.lineOf([])}`, manifest: definition },
    ]),
  );
}
