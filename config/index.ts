import * as fs from "fs";
import * as path from "path";
import * as pulumi from "@pulumi/pulumi";
import Ajv, { type ErrorObject } from "ajv";
import type { ConversionArgs, VersionedCRDArgs } from "../components";
import { rotationProblems, type RotationConfig } from "./rotations";

export { asRotationArgs } from "./rotations";

/** The stack's configuration, as config/schema.json describes it. */
export interface StackConfig {
  cluster?: { kubeconfig?: string; context?: string; clusterId?: string };
  crds?: CrdConfig[];
  rotations?: RotationConfig[];
  /** Secret. */
  encryptionKeys?: Record<string, string>;
}

const OBJECTS = ["cluster", "crds", "rotations"];

type Straight =
  | "stopAfter"
  | "migrator"
  | "requestTimeoutSeconds"
  | "decommissionedServers"
  | "ownerReferences"
  | "skipOwnerSearch"
  | "backup"
  | "acknowledge"
  | "requireAcknowledgement";

type CrdConfig = Pick<VersionedCRDArgs, Straight> & {
  name: string;
  file: string;
  crd?: string;
  conversion?: Omit<ConversionArgs, "caBundle"> & { caBundleFile?: string };
};

/**
 * Reads and checks the stack's configuration.
 *
 * @throws pulumi.RunError naming every wrong key with what was found and expected
 */
export function readStackConfig(): StackConfig {
  const config = new pulumi.Config();
  const found = Object.fromEntries(
    configKeys().map((key) => [
      key,
      key === SECRET_KEYS
        ? secretObject(key)
        : OBJECTS.includes(key)
          ? config.getObject<unknown>(key)
          : config.get(key),
    ]),
  );
  const problems = checkStackConfig(found);
  if (problems.length === 0) return found;
  throw new pulumi.RunError(`stack configuration:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
}

const SECRET_KEYS = "encryptionKeys";

/** Config.getObject warns of a secret; these only go into arguments that are secret themselves. */
function secretObject(key: string): unknown {
  try {
    return JSON.parse(pulumi.runtime.allConfig()[`${pulumi.getProject()}:${key}`] ?? "{}") as unknown;
  } catch {
    return "no object";
  }
}

/** Everything wrong with a configuration, one sentence each; pure, so that tests need no stack. */
export function checkStackConfig(found: Record<string, unknown>): string[] {
  const ajv = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true });
  if (!ajv.validate(schema(), found)) return (ajv.errors ?? []).filter(isTold).map((error) => describe(error, found));
  const { crds = [], rotations = [], encryptionKeys = {} } = found as unknown as StackConfig;
  return [
    ...twice("crds", crds),
    ...twice("rotations", rotations),
    ...rotations.flatMap((rotation, index) =>
      rotationProblems(rotation, `rotations.${index} (${rotation.name})`, encryptionKeys),
    ),
  ];
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

/** Of an anyOf, only that none of it holds. */
function isTold({ schemaPath }: ErrorObject): boolean {
  return !schemaPath.startsWith("#/anyOf/");
}

function twice(what: string, entries: { name: string }[]): string[] {
  const names = entries.map(({ name }) => name);
  const repeated = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].sort();
  return repeated.map(
    (name) => `${what}: the name ${name} stands there more than once; expected each once; rename one`,
  );
}

function describe(
  { instancePath, keyword, params, message, data }: ErrorObject,
  found: Record<string, unknown>,
): string {
  const path = instancePath.slice(1).replace(/\//g, ".");
  const where =
    path === ""
      ? "(top level)"
      : path.replace(
          /^(crds|rotations)\.(\d+)/,
          (entry: string, list: string, index: string) => entry + nameOf(found[list], index),
        );
  if (keyword === "additionalProperties") {
    return `${where}: unknown key ${String(params["additionalProperty"])}; expected one of ${knownKeys(instancePath)}`;
  }
  if (keyword === "anyOf") return `${where}: crds or rotations is missing; see config/schema.json`;
  if (keyword === "required")
    return `${where}: ${String(params["missingProperty"])} is missing; see config/schema.json`;
  return `${where}: found ${shown(where, data)}; expected ${expectation(keyword, params, message ?? "")}`;
}

/** People know an entry by its name, not by where it stands. */
function nameOf(entries: unknown, index: string): string {
  const entry = (Array.isArray(entries) ? entries[Number(index)] : undefined) as { name?: unknown } | null | undefined;
  return typeof entry?.name === "string" && entry.name !== "" ? ` (${entry.name})` : "";
}

function expectation(keyword: string, params: Record<string, unknown>, message: string): string {
  switch (keyword) {
    case "enum":
      return `one of ${(params["allowedValues"] as string[]).join(", ")}`;
    case "minLength":
      return `at least ${String(params["limit"])} character`;
    case "pattern":
      return `something that matches ${String(params["pattern"])}`;
    default:
      return message.replace(/^must be /, "");
  }
}

const LONGEST_SHOWN = 60;

/** What stands there may be a credential, or one put in the wrong place. */
const NEVER_SHOWN = ["cluster", SECRET_KEYS, "keys", "audit", "ssh", "backup"];

function shown(where: string, data: unknown): string {
  if (where.split(".").some((step) => NEVER_SHOWN.includes(step))) return `a ${typeof data}`;
  const text = JSON.stringify(data);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

interface SchemaNode {
  properties?: Record<string, SchemaNode>;
  items?: SchemaNode;
}

function knownKeys(instancePath: string): string {
  let node: SchemaNode | undefined = schema();
  for (const step of instancePath.split("/").slice(1)) node = node?.items ?? node?.properties?.[step];
  return Object.keys(node?.properties ?? {}).join(", ");
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
