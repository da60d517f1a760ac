import { parseArgs } from "node:util";
import { pairByName } from "../inputs/pairs";
import { INPUTS_HELP, readInputs } from "../inputs/readInputs";
import type { Subcommand } from "../subcommand";
import { makeCrdNotes, type CrdNotes } from "./crdNotes";
import { renderNotesAsMarkdown } from "./markdown";

const HELP = `usage: kubernetes-storage-migration notes OLD NEW [--json]

Writes what changed in CRDs as Markdown for a changelog: versions, fields, limits, defaults and conversion, and whether each
version's name fits its change (https://kubernetes.io/docs/reference/using-api/deprecation-policy/). A new version is
compared with the one before it.

${INPUTS_HELP}

  --json       the same for programs

Exit code: 0 written, 1 never, 2 unusable input.

  kubernetes-storage-migration notes git:v1.4.0:crds crds >> CHANGELOG.md`;

/** What changed in CRDs, for a changelog. */
export const notes: Subcommand = {
  name: "notes",
  summary: "write what changed in CRDs as Markdown for a changelog",
  help: HELP,
  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { json: { type: "boolean", default: false } },
    });
    const changed = pairByName(await readInputs(positionals, terminal))
      .map(makeCrdNotes)
      .filter(hasChanged);
    terminal.print(
      values.json ? `${JSON.stringify({ crds: changed }, undefined, 2)}\n` : renderNotesAsMarkdown(changed),
    );
    return 0;
  },
};

function hasChanged({ is, conversion, versions }: CrdNotes): boolean {
  return is !== undefined || conversion !== undefined || versions.length > 0;
}
