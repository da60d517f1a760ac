import type { EncryptionConfiguration, Provider } from "./configuration";
import { API_VERSION, KIND } from "./form";

/**
 * The file's text: the same bytes for the same configuration, with a trailing newline; no entries are an empty text, which
 * no API server takes. Every string is quoted: the server would read a name like 2026 as a number, and refuse it.
 */
export function renderConfiguration({ entries }: EncryptionConfiguration): string {
  if (entries.length === 0) return "";
  const lines = [`apiVersion: ${API_VERSION}`, `kind: ${KIND}`, "resources:"];
  for (const { resources, providers } of entries) {
    lines.push("  - resources:", ...resources.map((each) => `      - ${quoted(each)}`));
    lines.push("    providers:", ...providers.flatMap(renderProvider));
  }
  return `${lines.join("\n")}\n`;
}

function renderProvider(provider: Provider): string[] {
  if (provider.kind === "identity") return ["      - identity: {}"];
  if (provider.kind === "kms") {
    const { version, name, endpoint, timeout, cachesize } = provider;
    return [
      "      - kms:",
      `          apiVersion: ${version}`,
      `          name: ${quoted(name)}`,
      `          endpoint: ${quoted(endpoint)}`,
      ...(timeout === undefined ? [] : [`          timeout: ${quoted(timeout)}`]),
      ...(cachesize === undefined ? [] : [`          cachesize: ${cachesize}`]),
    ];
  }
  return [
    `      - ${provider.kind}:`,
    "          keys:",
    ...provider.keys.flatMap(({ name, secret }) => [
      `            - name: ${quoted(name)}`,
      `              secret: ${quoted(secret)}`,
    ]),
  ];
}

/** JSON's quoting is YAML's, but for what YAML 1.1 counts as a line end or as unprintable: those are escaped, too. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/[^\x20-\x7e]/gu, (each) => {
    const code = each.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
  });
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}

export function isRenderedAlike(left: EncryptionConfiguration, right: EncryptionConfiguration): boolean {
  return renderConfiguration(left) === renderConfiguration(right);
}
