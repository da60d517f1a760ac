import { checkManifest, checkShape } from "../../crd/checks";
import { readManifests } from "../../crd/manifest";
import { UserError } from "../../kubernetes/errors";
import { withMore } from "../../kubernetes/problem";
import type { Terminal } from "../subcommand";
import type { Found, Input } from "./input";

const SHOWN = 10;

/** One file, or what stands for one. */
export interface Text {
  readonly name: string;
  readonly file?: string;
  readonly text: string;
}

/** OLD was accepted once, and is history: only its form has to be right; `status --against` judges the rest. NEW is to be applied. */
export type Side = "OLD" | "NEW";

/** The CRDs of all texts; documents of other kinds are counted on standard error. */
export function inputOfTexts(given: string, texts: readonly Text[], side: Side, terminal: Terminal): Input {
  const check = side === "OLD" ? checkShape : checkManifest;
  const read = texts.map(({ text, ...source }) => ({ source, ...readManifests(text, source.name, check) }));
  const found = read.flatMap(({ source, found }) =>
    found.map(({ manifest, lineOf }): Found => ({ definition: manifest, source: { ...source, lineOf } })),
  );
  const others = read.flatMap((each) => each.others);
  if (found.length === 0) throw nothingFound(given, texts, others);
  refuseTwins(given, found);
  if (others.length > 0) terminal.complain(`${given}: skipped ${describeKinds(others)}`);
  return { given, found, isLive: false };
}

function nothingFound(given: string, texts: readonly Text[], others: readonly string[]): UserError {
  const holds = others.length === 0 ? "" : `, but ${describeKinds(others)}`;
  return new UserError({
    what: `${given}: holds no CustomResourceDefinition${holds}`,
    expected: "a document with kind: CustomResourceDefinition",
    ...(texts.length === 0 && {
      why: "of a folder, the *.yaml, *.yml and *.json in it are read, not the folders in it",
    }),
    next: "give the CRD's manifest, or the folder that it stands in",
  });
}

/** `3 documents of other kinds (Deployment, Service)` */
function describeKinds(others: readonly string[]): string {
  const kinds = [...new Set(others)].map((kind) => kind.replace(/[()]/g, "")).sort();
  const named = withMore(kinds.slice(0, SHOWN), kinds.length).join(", ");
  return `${others.length} ${others.length === 1 ? "document of another kind" : "documents of other kinds"} (${named})`;
}

function refuseTwins(given: string, found: readonly Found[]): void {
  const first = new Map<string, Found>();
  for (const each of found) {
    const { name } = each.definition.metadata;
    const twin = first.get(name);
    if (twin !== undefined) {
      throw new UserError({
        what: `${given}: ${name} is there twice`,
        items: [twin, each].map(({ source }) => `${source.name}:${source.lineOf([])}`),
        expected: "each CRD once",
        next: "give the file that is meant",
      });
    }
    first.set(name, each);
  }
}
