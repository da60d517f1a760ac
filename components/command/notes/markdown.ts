import { quoteMarkdownCode, escapeMarkdown } from "../markdown";
import { type CrdNotes, type VersionNotes } from "./crdNotes";
import { type FieldNote, isEmptySchemaChanges } from "./schemaChanges";

/** A section for each CRD that changed. */
export function renderNotesAsMarkdown(notes: readonly CrdNotes[]): string {
  if (notes.length === 0) return "No CRD changed.\n";
  return notes.map(renderCrdNotes).join("\n");
}

function renderCrdNotes({ crd, is, conversion, versions }: CrdNotes): string {
  const heading = `## ${crd}${is === undefined ? "" : `: ${is}`}\n`;
  const head = conversion === undefined ? [] : [`\nConversion: ${escapeMarkdown(conversion)}\n`];
  return [heading, ...head, ...versions.map(renderVersionNotes)].join("");
}

const PARTS = { added: "Added", removed: "Removed", changed: "Changed", defaults: "Default" } as const;

function renderVersionNotes({ version, is, follows, schema, rules }: VersionNotes): string {
  const heading = `\n### ${version}${is.length === 0 ? "" : `: ${is.join(", ")}`}\n`;
  const fields = Object.entries(PARTS).flatMap(([part, title]) =>
    renderFieldNotes(title, schema?.[part as keyof typeof PARTS]),
  );
  const lines = [
    ...(follows === undefined
      ? []
      : [isEmptySchemaChanges(schema) ? `The same fields as ${follows}.` : `Against ${follows}:`, ""]),
    ...fields,
    ...rules.map((rule) => `- Version: ${escapeMarkdown(rule)}.`),
  ];
  return lines.length === 0 ? heading : `${heading}\n${lines.join("\n")}\n`;
}

function renderFieldNotes(title: string, notes: readonly FieldNote[] = []): string[] {
  return notes.map(({ path, note }) => `- ${title}: ${quoteMarkdownCode(path)}: ${escapeMarkdown(note)}`);
}
