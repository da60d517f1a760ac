/** Text on one line, also of a table's cell: nothing in it is markup, ends the cell, or calls a person by @name. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*_[\]<>|~#]/g, "\\$&")
    .replace(/@(?=\w)/g, "@<!-- -->")
    .replace(/\s*\n\s*/g, " ");
}

/** A table cuts cells at pipes before it looks for code. */
export function quoteMarkdownCode(text: string): string {
  return `\`${text.replace(/`/g, "'").replace(/\s+/g, " ").replace(/\|/g, "\\|")}\``;
}
