import * as fs from "fs";
import * as path from "path";
import * as pulumi from "@pulumi/pulumi";
import Ajv, { type ErrorObject } from "ajv";
import type { ConversionArgs, VersionedCRDArgs } from "../components";

/** The stack's configuration, as config/schema.json describes it. */
export interface StackConfig {
  cluster?: { kubeconfig?: string; context?: string; clusterId?: string };
  crds: CrdConfig[];
}

type Straight = "stopAfter" | "migrator" | "requestTimeoutSeconds" | "gone" | "ownerReferences" | "unscanned";

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
      key === "cluster" || key === "crds" ? config.getObject<unknown>(key) : config.get(key),
    ]),
  );
  const problems = checkStackConfig(found);
  if (problems.length === 0) return found as unknown as StackConfig;
  throw new pulumi.RunError(`stack configuration:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
}

/** Everything wrong with a configuration, one sentence each; pure, so that tests need no stack. */
export function checkStackConfig(found: Record<string, unknown>): string[] {
  const ajv = new Ajv({ allErrors: true, verbose: true });
  if (ajv.validate(schema(), found)) return [...twice((found as unknown as StackConfig).crds)];
  return (ajv.errors ?? []).map((error) => describe(error, found["crds"]));
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

function twice(crds: CrdConfig[]): string[] {
  const names = crds.map(({ name }) => name);
  const repeated = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].sort();
  return repeated.map((name) => `crds: the name ${name} stands there more than once; expected each once; rename one`);
}

function describe({ instancePath, keyword, params, message, data }: ErrorObject, crds: unknown): string {
  const path = instancePath.slice(1).replace(/\//g, ".");
  const where =
    path === ""
      ? "(top level)"
      : path.replace(/^crds\.(\d+)/, (entry: string, index: string) => entry + nameOf(crds, index));
  if (keyword === "additionalProperties") {
    return `${where}: unknown key ${String(params["additionalProperty"])}; expected one of ${knownKeys(instancePath)}`;
  }
  if (keyword === "required")
    return `${where}: ${String(params["missingProperty"])} is missing; see config/schema.json`;
  return `${where}: found ${shown(where, data)}; expected ${expectation(keyword, params, message ?? "")}`;
}

/** People know an entry by its name, not by where it stands. */
function nameOf(crds: unknown, index: string): string {
  const entry = (Array.isArray(crds) ? crds[Number(index)] : undefined) as { name?: unknown } | null | undefined;
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

/** What stands below `cluster` may be a credential put in the wrong place. */
function shown(where: string, data: unknown): string {
  if (where.split(".")[0] === "cluster") return `a ${typeof data}`;
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
