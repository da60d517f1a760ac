import * as fs from "fs";
import * as path from "path";
import type * as pulumi from "@pulumi/pulumi";
import { EncryptionKeyRotation, type EncryptionKeyRotationArgs, type VersionedCRDArgs } from "../../components";
import { checkout } from "../../local/checkout";
import { ran, registered, type Registered } from "./program";

interface Recorded {
  urn: string;
  type: string;
  parent?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  retainOnDelete?: boolean;
  protect?: boolean;
  /** Has a key for each input that the program gave. */
  propertyDependencies?: Record<string, unknown>;
}
interface Recording<Args> {
  args: Args;
  state: { deployment: { resources: Recorded[] } };
}

const { version } = JSON.parse(fs.readFileSync(checkout("package.json"), "utf8")) as { version: string };
const nameOf = (urn: string): string => urn.split("::").at(-1) ?? "";

/** A new input, name or type is what the next release must read: it is to be seen, and said in CHANGELOG.md. */
const claim =
  "what a program registers is what the state of this release has (%s); else `npm run record-state` and a line `State impact`";

test.each(["whole", "held"])(claim, async (situation) => {
  const { args, state, folder } = recorded<VersionedCRDArgs>(situation);
  // As the end-to-end test that records it gives it (test/e2e/harness.ts).
  const given = { ...args, requestTimeoutSeconds: 3, file: path.join(folder, "crd.yaml") };
  const program = await registered({ crd: given });
  expect(ofProgram(program)).toEqual(ofState(state));
});

test.each(["rotated", "rotation-held"])(claim, async (situation) => {
  const { args, state } = recorded<EncryptionKeyRotationArgs>(situation);
  const rotation = (): pulumi.Resource[] => {
    const made = new EncryptionKeyRotation("secrets", { ...args, kubeconfig: "kubeconfig.yaml" });
    return [made, ...Object.values(made.phases)];
  };
  const { resources } = await ran({}, { RandomBytes: { base64: Buffer.alloc(32).toString("base64") } }, rotation);
  expect(ofProgram(resources)).toEqual(ofState(state));
});

test("the manifest stands in the state once, among the inputs of serve", () => {
  const { resources } = recorded<VersionedCRDArgs>("whole").state.deployment;
  const holding = resources.filter(isOurs).flatMap(({ urn, inputs, outputs }) =>
    Object.entries({ inputs, outputs })
      .filter(([, values]) => JSON.stringify(values ?? {}).includes("openAPIV3Schema"))
      .map(([where]) => `${where} of ${nameOf(urn)}`),
  );
  expect(holding).toEqual(["inputs of crd-serve"]);
});

function recorded<Args>(situation: string): Recording<Args> & { folder: string } {
  const folder = checkout("test", "fixtures", "state", version, situation);
  return { ...(JSON.parse(fs.readFileSync(path.join(folder, "recording.json"), "utf8")) as Recording<Args>), folder };
}

/** Ours, and the bytes of keys. */
const isOurs = ({ type }: { type: string }): boolean => /kubernetes-storage-migration|^random:/.test(type);

const byName = (left: { name: string }, right: { name: string }): number => left.name.localeCompare(right.name);

function ofProgram(resources: ReadonlyMap<string, Registered>): { name: string }[] {
  return [...resources.values()]
    .filter(isOurs)
    .map(({ name, type, parent, retainOnDelete, protect, inputs }) => ({
      ...{
        name,
        type,
        parent: parentOf(parent),
        retainOnDelete,
        protect,
        provider: withoutFolder(inputs["__provider"]),
      },
      inputs: Object.keys(inputs).sort(),
    }))
    .sort(byName);
}

function ofState({ deployment }: Recording<never>["state"]): { name: string }[] {
  return deployment.resources
    .filter(isOurs)
    .map(({ urn, type, parent = "", retainOnDelete = false, protect = false, inputs = {}, ...rest }) => ({
      ...{ name: nameOf(urn), type, parent: parentOf(nameOf(parent)), retainOnDelete, protect },
      provider: withoutFolder(inputs["__provider"]),
      inputs: Object.keys(rest.propertyDependencies ?? {}).sort(),
    }))
    .sort(byName);
}

/** The text also says where the package is, seen from the project. */
function withoutFolder(text: unknown): unknown {
  return typeof text === "string" ? text.replace(/\[".*", "\."\]/, "") : text;
}

/** The stack itself is no resource of ours. */
function parentOf(name: string): string {
  return ["crd", "secrets"].includes(name) ? name : "";
}
