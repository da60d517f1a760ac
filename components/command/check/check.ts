import { parseArgs } from "node:util";
import { INPUTS_HELP, readInputs } from "../inputs/readInputs";
import { assertAtMostOneOption, type Subcommand, type Terminal } from "../subcommand";
import { readAcknowledgementFile } from "./acknowledgementFile";
import { renderReportsAsJson } from "./json";
import { renderReportsAsMarkdown } from "./markdown";
import { reportInputs, hasErrorInReports, type CrdReport } from "./report";
import { renderReportsAsSarif } from "./sarif";
import { renderReportsAsText } from "./text";

const HELP = `usage: kubernetes-storage-migration check OLD NEW [--rollout] [--webhook CRD] [--ack FILE] [--all | --json | --markdown | --sarif]

Compares CRDs before and after a change, and says which clients and objects the change breaks. Needs no cluster.

${INPUTS_HELP}

  --rollout    NEW is applied by VersionedCRD: leave out what its order of steps and its gates make safe
  --webhook CRD
               the program gives this CRD a conversion webhook, which the manifest does not show; may be repeated
  --ack FILE   findings that are accepted: a YAML or JSON list of { check, path, reason }, and crd where several have it
  --all        every finding; without it, ten of each severity and CRD
  --json       for programs: {"findings":[{crd, check, path, severity, what, why, fix, acknowledged}]}
  --markdown   a table for a comment on a pull request
  --sarif      SARIF 2.1.0, for code scanning

Exit code: 0 no error, or all are acknowledged, 1 errors, 2 unusable input.

  kubernetes-storage-migration check git:main:crds/databases.yaml crds/databases.yaml
  kubernetes-storage-migration check live: crds/
  helm template my-chart --include-crds | kubernetes-storage-migration check live: -`;

const FORMATS = ["json", "markdown", "sarif"] as const;
type Format = (typeof FORMATS)[number] | "text";

/** What a change of CRDs breaks, without a cluster. */
export const check: Subcommand = {
  name: "check",
  summary: "compare CRDs before and after a change: what breaks?",
  help: HELP,
  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        ack: { type: "string" },
        rollout: { type: "boolean", default: false },
        webhook: { type: "string", multiple: true, default: [] },
        all: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        markdown: { type: "boolean", default: false },
        sarif: { type: "boolean", default: false },
      },
    });
    const format = formatOf(values);
    const acknowledgements = values.ack === undefined ? [] : readAcknowledgementFile(values.ack);
    const { rollout, webhook: webhooks } = values;
    const inputs = await readInputs(positionals, terminal);
    const reports = reportInputs(inputs, { acknowledgements, rollout, webhooks });
    terminal.print(render(reports, format, values.all, terminal));
    return hasErrorInReports(reports) ? 1 : 0;
  },
};

function formatOf(values: Record<(typeof FORMATS)[number] | "all", boolean>): Format {
  assertAtMostOneOption(values, [...FORMATS, "all"]);
  return FORMATS.find((name) => values[name]) ?? "text";
}

function render(reports: readonly CrdReport[], format: Format, all: boolean, terminal: Terminal): string {
  switch (format) {
    case "json":
      return renderReportsAsJson(reports);
    case "markdown":
      return renderReportsAsMarkdown(reports);
    case "sarif":
      return renderReportsAsSarif(reports);
    case "text":
      return renderReportsAsText(reports, { all, colour: terminal.isScreen && (process.env["NO_COLOR"] ?? "") === "" });
  }
}
