import * as fs from "fs";
import * as path from "path";
import * as pulumi from "@pulumi/pulumi";
import Ajv, { type ErrorObject } from "ajv";
import type { ConversionArgs, EncryptionKeyRotationArgs, VersionedCRDArgs } from "../components";

/** The stack's configuration, as config/schema.json describes it. */
export interface StackConfig {
  cluster?: { kubeconfig?: string; context?: string; clusterId?: string };
  crds?: CrdConfig[];
  rotations?: RotationConfig[];
}

type Straight = "stopAfter" | "migrator" | "requestTimeoutSeconds" | "gone" | "ownerReferences" | "unscanned";

type CrdConfig = Pick<VersionedCRDArgs, Straight> & {
  name: string;
  file: string;
  crd?: string;
  conversion?: Omit<ConversionArgs, "caBundle"> & { caBundleFile?: string };
};

/** Key material has no place in stack configuration: keys are made here, or stand in the targets' files already. */
type RotationConfig = Omit<EncryptionKeyRotationArgs, "audit" | "kubeconfig" | "context" | "clusterId"> & {
  name: string;
};

const STRUCTURED = ["cluster", "crds", "rotations"];

/**
 * Reads and checks the stack's configuration.
 *
 * @throws pulumi.RunError naming every wrong key with what was found and expected
 */
export function readStackConfig(): StackConfig {
  const config = new pulumi.Config();
  const found = Object.fromEntries(
    configKeys().map((key) => [key, STRUCTURED.includes(key) ? config.getObject<unknown>(key) : config.get(key)]),
  );
  const problems = checkStackConfig(found);
  if (problems.length === 0) return found;
  throw new pulumi.RunError(`stack configuration:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
}

/** Everything wrong with a configuration, one sentence each; pure, so that tests need no stack. */
export function checkStackConfig(found: Record<string, unknown>): string[] {
  const ajv = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true });
  if (ajv.validate(schema(), found)) {
    const { crds, rotations } = found as unknown as StackConfig;
    if (crds === undefined && rotations === undefined)
      return ["(top level): crds and rotations are missing; see config/schema.json"];
    return [...twice("crds", crds), ...twice("rotations", rotations)];
  }
  return (ajv.errors ?? []).map(describe);
}

/** What one entry of `crds` means as arguments of the component. */
export function asArgs(
  { name: _name, crd, conversion, ...rest }: CrdConfig,
  cluster: StackConfig["cluster"],
): VersionedCRDArgs {
  return {
    ...rest,
    ...cluster,
    ...(crd !== undefined && { name: crd }),
    ...(conversion !== undefined && { conversion: withCaBundle(conversion) }),
  };
}

/** What one entry of `rotations` means as arguments of the component. */
export function asRotationArgs(
  { name: _name, ...rest }: RotationConfig,
  cluster: StackConfig["cluster"],
): EncryptionKeyRotationArgs {
  return { ...rest, ...cluster };
}

function withCaBundle({ caBundleFile, ...conversion }: NonNullable<CrdConfig["conversion"]>): ConversionArgs {
  if (caBundleFile === undefined) return conversion;
  try {
    return { ...conversion, caBundle: fs.readFileSync(caBundleFile, "utf8") };
  } catch {
    throw new pulumi.RunError(
      `conversion.caBundleFile is ${caBundleFile}, which cannot be read; expected a PEM file, relative to the project`,
    );
  }
}

function twice(key: string, entries: readonly { name: string }[] = []): string[] {
  const names = entries.map(({ name }) => name);
  const repeated = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].sort();
  return repeated.map((name) => `${key}: the name ${name} stands there more than once; expected each once; rename one`);
}

function describe({ instancePath, keyword, params, message, data }: ErrorObject): string {
  const where = instancePath.slice(1).replace(/\//g, ".") || "(top level)";
  if (keyword === "additionalProperties") {
    return `${where}: unknown key ${String(params["additionalProperty"])}; expected one of ${knownKeys(instancePath)}`;
  }
  if (keyword === "required")
    return `${where}: ${String(params["missingProperty"])} is missing; see config/schema.json`;
  return `${where}: found ${shown(where, data)}; expected ${expectation(keyword, params, message ?? "")}`;
}

function expectation(keyword: string, params: Record<string, unknown>, message: string): string {
  switch (keyword) {
    case "enum":
      return `one of ${(params["allowedValues"] as string[]).join(", ")}`;
    case "minLength":
      return `at least ${String(params["limit"])} character`;
    case "minItems":
      return `at least ${String(params["limit"])} entry`;
    case "pattern":
      return `something that matches ${String(params["pattern"])}`;
    default:
      return message.replace(/^must be /, "");
  }
}

const LONGEST_SHOWN = 60;

/** What stands below `cluster` and `rotations` may be a credential, or a key, put in the wrong place. */
function shown(where: string, data: unknown): string {
  if (/^cluster|^rotations\.\d+\.(keys|targets)/.test(where)) return `a ${Array.isArray(data) ? "list" : typeof data}`;
  const text = JSON.stringify(data);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

interface SchemaNode {
  $ref?: string;
  $defs?: Record<string, SchemaNode>;
  properties?: Record<string, SchemaNode>;
  items?: SchemaNode;
}

function knownKeys(instancePath: string): string {
  let node: SchemaNode | undefined = schema();
  for (const step of instancePath.split("/").slice(1)) node = resolved(node?.items ?? node?.properties?.[step]);
  return Object.keys(node?.properties ?? {}).join(", ");
}

function resolved(node: SchemaNode | undefined): SchemaNode | undefined {
  return node?.$ref === undefined ? node : schema().$defs?.[node.$ref.slice("#/$defs/".length)];
}

function schema(): SchemaNode {
  return JSON.parse(fs.readFileSync(path.join(__dirname, "schema.json"), "utf8")) as SchemaNode;
}

/** Every key the stack has in the project's namespace; a mistyped one must not pass unseen. */
function configKeys(): string[] {
  const prefix = `${pulumi.getProject()}:`;
  const all = Object.keys(pulumi.runtime.allConfig());
  return all
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length))
    .sort();
}
