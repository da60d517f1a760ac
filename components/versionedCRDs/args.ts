import type * as pulumi from "@pulumi/pulumi";
import { refusal } from "../provider/refusal";
import { whyNoTextLists } from "../provider/textLists";
import type { VersionedCRDArgs } from "../versionedCRD/args";

/** What speaks of one CRD alone. */
type OfOne = "file" | "name" | "crd" | "conversion" | "adoptFrom" | "acknowledge" | "formerVersions" | "before";

/** What a CRD of the release is given besides its manifest, where it differs from the others. */
export type EachVersionedCRDArgs = Omit<
  VersionedCRDArgs,
  "file" | "name" | "crd" | "kubeconfig" | "context" | "clusterId"
>;

/** What VersionedCRDs are given: the manifests of a release, and how all of its CRDs, or single ones, are moved. */
export interface VersionedCRDsArgs extends Omit<VersionedCRDArgs, OfOne> {
  /**
   * Paths, relative to the project: a YAML or JSON file, a folder of them, or a chart, as its folder or as the .tgz that
   * `helm pull` writes. Of a chart what stands below `crds/` is read, also in the charts that it depends on, whether or not
   * values enable them; `templates/` are not rendered. A CRD that is there twice is an error,
   * and so is a path without any.
   */
  files: string[];
  /** CRDs of the files that are left alone, by metadata.name, such as those of a disabled dependency. Default: none. */
  skip?: string[];
  /**
   * Arguments of single CRDs, by metadata.name: they go before those given for all. A name that the files have not is an error.
   * Default: none.
   *
   * @example each: { "databases.example.com": { stopAfter: "migrate" } }
   */
  each?: Record<string, EachVersionedCRDArgs>;
}

/** @throws pulumi.ResourceError for what is wrong before any file is read; the rest is checked CRD by CRD */
export function checkFilesArg(component: pulumi.Resource, { files, skip }: VersionedCRDsArgs): void {
  const wrong = whyNoTextLists({ skip }, ["skip"]);
  if (wrong !== undefined) throw refusal(component, wrong);
  if (Array.isArray(files) && files.length > 0 && files.every((file) => typeof file === "string" && file !== ""))
    return;
  throw refusal(component, {
    what: `files is ${JSON.stringify(files)}`,
    expected: "at least one path",
    next: "give the chart's folder or archive, or its manifests",
  });
}

const OF_ONE: Record<OfOne, true> = {
  file: true,
  name: true,
  crd: true,
  conversion: true,
  adoptFrom: true,
  acknowledge: true,
  formerVersions: true,
  before: true,
};

/** @throws pulumi.ResourceError for what speaks of one CRD: given for all, one word would let the same version of every CRD go */
export function checkArgsOfAll(component: pulumi.Resource, args: object): void {
  const ofOne = Object.keys(args).filter((key) => key in OF_ONE);
  if (ofOne.length === 0) return;
  throw refusal(component, {
    what: `${ofOne.sort().join(", ")}: given for all CRDs of the files`,
    expected: "only what may hold for every one of them",
    next: "give it in `each`, by the CRD's name",
  });
}

/** What is undefined is not given: it must not lift what holds for all, such as `stopAfter`. */
export function withoutUndefinedArgs(args: EachVersionedCRDArgs = {}): EachVersionedCRDArgs {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined));
}

/** @throws pulumi.ResourceError for a misspelt name, which would leave a CRD to what holds for all, or manage one that was to be left alone */
export function checkNamesOfArgs(
  component: pulumi.Resource,
  { skip = [], each = {} }: VersionedCRDsArgs,
  found: string[],
): void {
  const named: [string, string][] = [
    ...skip.map((name): [string, string] => ["skip", name]),
    ...Object.keys(each).map((name): [string, string] => ["each", name]),
  ];
  const unknown = named.filter(([, name]) => !found.includes(name)).map(([argument, name]) => `${argument}: ${name}`);
  const both = Object.keys(each).filter((name) => skip.includes(name));
  if (both.length > 0) {
    throw refusal(component, {
      what: `${both.sort().join(", ")}: in \`skip\` and in \`each\``,
      expected: "one of them",
    });
  }
  if (unknown.length === 0) return;
  throw refusal(component, {
    what: "not in the files",
    items: unknown.sort(),
    expected: `one of ${found.join(", ")}`,
    next: "correct the name, or remove it where the release has dropped the CRD",
  });
}
