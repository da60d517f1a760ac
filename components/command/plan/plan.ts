import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { UserError } from "../../kubernetes/errors";
import { planDocumentOf, type Plan } from "../../plan/document";
import { assertAtMostOneOption, UsageError, type Subcommand, type Terminal } from "../subcommand";
import { readEngineOutput } from "./engineOutput";
import { renderPlanAsJson } from "./json";
import { renderPlanAsMarkdown } from "./markdown";
import { renderPlanAsText } from "./text";

const HELP = `usage: kubernetes-storage-migration plan FILE [--json | --markdown]

Shows what a Pulumi preview is about to do to CRDs and encryption keys as one block: steps, what cannot be undone, what happens on
failure, what was found, and what was not looked at. Needs no cluster. The same input gives the same bytes, and the preview
of a run gives the same steps as the run itself.

FILE is what \`pulumi preview --json\` or \`pulumi up --json\` printed; - is standard input.

  --json       for programs
  --markdown   for a comment on a pull request

Exit code: 0 shown, 1 shown and it holds an error, so that the run stops, 2 unusable input.

  pulumi preview --json | kubernetes-storage-migration plan -
  kubernetes-storage-migration plan preview.json --markdown > plan.md`;

/** A preview, or an `up`, as one block. */
export const plan: Subcommand = {
  name: "plan",
  summary: "show a Pulumi preview as one block: steps, what cannot be undone, findings",
  help: HELP,
  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { json: { type: "boolean", default: false }, markdown: { type: "boolean", default: false } },
    });
    assertAtMostOneOption(values, ["json", "markdown"]);
    const shown = planDocumentOf(readEngineOutput(await read(positionals, terminal)));
    terminal.print(render(shown, values));
    return shown.counts.errors > 0 ? 1 : 0;
  },
};

function render(shown: Plan, { json, markdown }: { json: boolean; markdown: boolean }): string {
  if (json) return renderPlanAsJson(shown);
  return markdown ? renderPlanAsMarkdown(shown) : renderPlanAsText(shown);
}

async function read([file, ...more]: string[], terminal: Terminal): Promise<string> {
  if (file === undefined || more.length > 0) {
    throw new UsageError({
      what: `${more.length + (file === undefined ? 0 : 1)} files are given`,
      expected: "one file with the output of `pulumi preview --json`, or - for standard input",
    });
  }
  if (file === "-") return terminal.readStdin();
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    throw new UserError({ what: `${file}: cannot be read (${code})`, expected: "a file, or - for standard input" });
  }
}
