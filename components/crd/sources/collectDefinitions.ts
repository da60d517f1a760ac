import { UserError } from "../../kubernetes/errors";
import { boundedProblemItems, type Problem } from "../../kubernetes/problem";
import type { Definition } from "../definition";
import { readManifests } from "../manifest";
import type { Texts } from "./text";
import { describeUnrendered } from "./unrendered";

const SHOWN = 10;

/** A CRD, and where it stands. */
export interface Found {
  readonly definition: Definition;
  readonly source: Source;
}

export interface Source {
  /** For messages: `crds/databases.yaml`, `git:main:crds/databases.yaml`, `the cluster (context prod)`. */
  readonly name: string;
  /** The path of the file, as git or the file system has it; absent for standard input, archives and the cluster. */
  readonly file?: string;
  /** The line, from 1, of a node of the CRD. */
  readonly lineOf: (path: readonly (string | number)[]) => number;
}

/**
 * Every CRD of the texts, each once, and the kinds of all other documents.
 *
 * @param check what each has to pass
 * @throws UserError where there is none, and where one is there twice
 */
export function collectDefinitions(
  given: string,
  { texts, unrendered }: Texts,
  check: (manifest: unknown) => string[],
): { found: Found[]; others: string[] } {
  const read = texts.map(({ text, ...source }) => ({ source, ...readManifests(text, source.name, check) }));
  const found = read.flatMap(({ source, found }) =>
    found.map(({ manifest, lineOf }): Found => ({ definition: manifest, source: { ...source, lineOf } })),
  );
  const others = read.flatMap((each) => each.others);
  if (found.length === 0) {
    throw new UserError(
      unrendered.length > 0 ? describeUnrendered(given, unrendered) : nothingFound(given, texts.length, others),
    );
  }
  refuseTwinDefinitions(given, found);
  return { found, others };
}

function nothingFound(given: string, texts: number, others: readonly string[]): Problem {
  const holds = others.length === 0 ? "" : `, but ${describeKindsNotCollected(others)}`;
  return {
    what: `${given}: holds no CustomResourceDefinition${holds}`,
    expected: "a document with kind: CustomResourceDefinition",
    ...(texts === 0 && {
      why: "of a folder, the *.yaml, *.yml and *.json in it are read, not the folders in it; of a chart, what is below crds/",
    }),
    next: "give the CRD's manifest, or the folder that it stands in",
  };
}

/** `3 documents of other kinds (Deployment, Service)` */
export function describeKindsNotCollected(others: readonly string[]): string {
  const kinds = [...new Set(others)].map((kind) => kind.replace(/[()]/g, "")).sort();
  const named = boundedProblemItems(kinds.slice(0, SHOWN), kinds.length).join(", ");
  return `${others.length} ${others.length === 1 ? "document of another kind" : "documents of other kinds"} (${named})`;
}

/** @throws UserError that names both places */
export function refuseTwinDefinitions(given: string, found: readonly Found[]): void {
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
