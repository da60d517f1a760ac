import * as fs from "fs";
import * as path from "path";
import * as pulumi from "@pulumi/pulumi";

/** Each room that has dynamic resources has a provider.ts, which exports `provider(name, config)`. */
export type Room = "versionedCRD" | "encryptionKeyRotation" | "conversionWebhook" | "storageMigration";

const PACKAGE = "pulumi-kubernetes-storage-migration";

/**
 * The `__provider` text of a resource: constant, so that a release of this package changes no state and an old state runs
 * today's code. It loads the compiled provider from where the program found the package (`__from`, relative to the
 * project), else as the project itself would resolve it.
 *
 * It stands in the state twice for each resource, so it is short. The last argument of each call has the inputs with `__from`.
 *
 * The contract is that of cmd/dynamic-provider in @pulumi/pulumi: `requireFromString(text).handler()` once per text.
 * https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/cmd/dynamic-provider/index.ts
 */
export function shimText(room: Room, name: string): string {
  return `exports.handler = () => {
const path = require("path");
let config;
const provider = { configure: (request) => { config = request.config; } };
for (const call of ["check", "diff", "create", "update", "delete"])
provider[call] = (...args) => {
const file = path.resolve(args.at(-1).__from || ".", "dist/components/${room}/provider.js");
return (require("fs").existsSync(file) ? require(file)
: require("module").createRequire(path.resolve("_"))("${PACKAGE}/${room}/provider")).provider("${name}", config)[call](...args);
};
return provider;
};
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
    __from: packageFolderForShim(),
    __urn: withoutDependencies(pulumi.createUrn(name, token, parent)),
  };
}

/** The urn would carry a dependency on the parent, and the parent waits for us: a deadlock. */
function withoutDependencies(urn: pulumi.Output<string>): pulumi.Output<string> {
  return pulumi.output((urn as unknown as { promise(): Promise<string> }).promise());
}

/** Where this package is, relative to the project: a state must not hold a path of the machine that wrote it. */
export function packageFolderForShim(): string {
  let folder = __dirname;
  while (!fs.existsSync(path.join(folder, "package.json"))) folder = path.dirname(folder);
  return path.relative(process.cwd(), folder) || ".";
}
