import * as fs from "fs";
import * as path from "path";
import * as pulumi from "@pulumi/pulumi";

/** Each room that has dynamic resources has a provider.ts, which exports `provider(name, config)`. */
export type Room = "versionedCRD" | "encryptionKeyRotation" | "conversionWebhook" | "storageMigration";

const PACKAGE = "pulumi-kubernetes-storage-migration";

/**
 * The `__provider` text of a resource. It holds no code of this package but where the program found it, relative to the project, so
 * that an old state runs today's code: from there, or where there is nothing any more, from where the project itself resolves it.
 *
 * It stands in the state twice for each resource, so it is short.
 *
 * The contract is that of cmd/dynamic-provider in @pulumi/pulumi: `requireFromString(text).handler()` once per text.
 * https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/cmd/dynamic-provider/index.ts
 */
export function shimText(room: Room, name: string, from = packageFolderForShim()): string {
  return `exports.handler = () => require("module")
.createRequire(require("path").resolve([${JSON.stringify(from)}, "."].find(require("fs").existsSync), "_"))
("${PACKAGE}/${room}/provider").provider("${name}");
`;
}

/** The type token of a dynamic resource: state that releases must keep reading. */
export function shimTypeToken(type: string): string {
  return `pulumi-nodejs:dynamic/kubernetes-storage-migration:${type}`;
}

/** Inputs for the engine and the shim alone: they never show in a diff. */
export function hiddenShimInputs(
  text: string,
  token: string,
  name: string,
  { parent }: pulumi.ResourceOptions,
): pulumi.Inputs {
  return {
    __provider: text,
    __urn: withoutDependencies(pulumi.createUrn(name, token, parent)),
  };
}

/** The urn would carry a dependency on the parent, and the parent waits for us: a deadlock. */
function withoutDependencies(urn: pulumi.Output<string>): Promise<string> {
  return (urn as unknown as { promise(): Promise<string> }).promise();
}

/** Where this package is, relative to the project: a state must not hold a path of the machine that wrote it. */
function packageFolderForShim(): string {
  let folder = __dirname;
  while (!fs.existsSync(path.join(folder, "package.json"))) folder = path.dirname(folder);
  return path.relative(process.cwd(), folder) || ".";
}
