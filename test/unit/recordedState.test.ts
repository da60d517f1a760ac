import * as fs from "fs";
import * as path from "path";
import type { VersionedCRDArgs } from "../../components";
import { checkout } from "../../local/checkout";
import { registered } from "./program";

interface Recorded {
  urn: string;
  type: string;
  parent?: string;
  inputs?: Record<string, unknown>;
  retainOnDelete?: boolean;
  /** Has a key for each input that the program gave. */
  propertyDependencies?: Record<string, unknown>;
}
interface Recording {
  args: VersionedCRDArgs;
  state: { deployment: { resources: Recorded[] } };
}

const { version } = JSON.parse(fs.readFileSync(checkout("package.json"), "utf8")) as { version: string };
const nameOf = (urn: string): string => urn.split("::").at(-1) ?? "";

/** A new input, name or type is what the next release must read: it is to be seen, and said in CHANGELOG.md. */
test.each(["whole", "held"])(
  "what a program registers is what the state of this release has (%s); else `npm run record-state` and a line `State impact`",
  async (situation) => {
    const folder = checkout("test", "fixtures", "state", version, situation);
    const { args, state } = JSON.parse(fs.readFileSync(path.join(folder, "recording.json"), "utf8")) as Recording;
    const program = await registered({ crd: { ...args, file: path.join(folder, "crd.yaml") } });
    const now = [...program.values()]
      .filter(({ type }) => type.includes("kubernetes-storage-migration"))
      .map(({ name, type, parent, retainOnDelete, inputs }) => ({
        ...{ name, type, parent, retainOnDelete, provider: inputs["__provider"] },
        inputs: Object.keys(inputs).sort(),
      }));
    const recorded = state.deployment.resources
      .filter(({ type }) => type.includes("kubernetes-storage-migration"))
      .map(({ urn, type, parent = "", retainOnDelete = false, inputs = {}, propertyDependencies = {} }) => ({
        ...{ name: nameOf(urn), type, parent: nameOf(parent), retainOnDelete, provider: inputs["__provider"] },
        inputs: Object.keys(propertyDependencies).sort(),
      }));
    const byName = (left: { name: string }, right: { name: string }): number => left.name.localeCompare(right.name);
    // The stack itself is no resource of ours.
    expect(now.sort(byName).map((each) => ({ ...each, parent: parentOf(each.parent) }))).toEqual(
      recorded.sort(byName).map((each) => ({ ...each, parent: parentOf(each.parent) })),
    );
  },
);

function parentOf(name: string): string {
  return name === "crd" ? name : "";
}
