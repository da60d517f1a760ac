import * as path from "path";
import * as pulumi from "@pulumi/pulumi";
import { checkManifest } from "../crd/checks/checkManifest";
import { collectDefinitions, refuseTwinDefinitions, type Found } from "../crd/sources/collectDefinitions";
import { readTexts } from "../crd/sources/readTexts";
import { withRefusal } from "../provider/refusal";
import type { VersionedCRDArgs } from "../versionedCRD/args";
import { VersionedCRD } from "../versionedCRD/versionedCRD";
import { checkArgsOfAll, checkFilesArg, checkNamesOfArgs, withoutUndefinedArgs, type VersionedCRDsArgs } from "./args";

/**
 * All CRDs of a release as one declaration: a VersionedCRD for each, named by the CRD, so that a file may move.
 *
 * @example new VersionedCRDs("cilium", { files: ["charts/cilium-1.18.1.tgz"], takeOverFrom: ["helm"] })
 */
export class VersionedCRDs extends pulumi.ComponentResource {
  /** Each CRD by its metadata.name. */
  readonly crds: Readonly<Record<string, VersionedCRD>>;

  constructor(name: string, args: VersionedCRDsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kubernetes-storage-migration:index:VersionedCRDs", name, {}, opts);
    checkFilesArg(this, args);
    checkArgsOfAll(this, args);
    const { files, skip = [], each = {}, ...all } = args;
    const { found, unrendered } = withRefusal(this, () => readFiles(files));
    const names = found.map(({ definition }) => definition.metadata.name);
    checkNamesOfArgs(this, args, names);
    const [template] = unrendered;
    if (template !== undefined) {
      const said = `${unrendered.length} templates with CRDs are not rendered, and left alone: ${template}`;
      void pulumi.log.warn(said, this).catch(() => undefined);
    }
    const managed = found.filter(({ definition }) => !skip.includes(definition.metadata.name));
    this.crds = Object.fromEntries(
      managed.map(({ definition }) => {
        const crdName = definition.metadata.name;
        const crd = definition as unknown as NonNullable<VersionedCRDArgs["crd"]>;
        const given: VersionedCRDArgs = { ...all, ...withoutUndefinedArgs(each[crdName]), crd };
        return [crdName, new VersionedCRD(`${name}-${crdName}`, given, { parent: this })];
      }),
    );
    // Once all are registered: an engine that refuses one of them is no longer there to be told of the others.
    const registered = pulumi.all(Object.values(this.crds).map(({ phases }) => phases.drop.urn));
    this.registerOutputs(registered.apply(() => ({ crds: managed.map(({ definition }) => definition.metadata.name) })));
  }
}

/** In the order of their names, whatever the files are called. */
function readFiles(files: readonly string[]): { found: Found[]; unrendered: string[] } {
  const read = files.map((file) => {
    const where = path.relative(process.cwd(), path.resolve(file)) || file;
    const texts = readTexts(where, {
      expected: "a file, a folder or a chart",
      next: `check \`files\`, which are relative to ${process.cwd()}`,
    });
    // One by one: a wrong path beside a right one would take its CRDs out of the program.
    return { ...texts, ...collectDefinitions(where, texts, checkManifest) };
  });
  const unrendered = read.flatMap((each) => each.unrendered);
  const found = read.flatMap((each) => each.found);
  refuseTwinDefinitions(files.join(", "), found);
  const byName = (one: Found, other: Found): number =>
    one.definition.metadata.name < other.definition.metadata.name ? -1 : 1;
  return { found: [...found].sort(byName), unrendered };
}
