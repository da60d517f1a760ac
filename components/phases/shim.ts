import * as fs from "fs";
import * as path from "path";

/** One of the five phases of a rollout. */
export type PhaseName = "serve" | "rehearse" | "store" | "migrate" | "drop";

/** The phases, in the only order they run. */
export const PHASES = ["serve", "rehearse", "store", "migrate", "drop"] as const satisfies readonly PhaseName[];

/** One of the four phases of a rotation of encryption keys. */
export type RotationPhaseName = "distribute" | "promote" | "migrate" | "retire";

/** Those phases, in the only order they run. */
export const ROTATION_PHASES = [
  "distribute",
  "promote",
  "migrate",
  "retire",
] as const satisfies readonly RotationPhaseName[];

/** Every phase as provider and type token call it: both components have one named migrate. */
export type ProviderName = PhaseName | Exclude<RotationPhaseName, "migrate"> | "migrateKeys";

/**
 * The `__provider` text of a phase: constant, so that a release of this package changes no state and an old state runs
 * today's code. It loads the compiled provider from where the program found the package (`__from`, relative to the
 * project), else as the project itself would resolve it.
 *
 * The contract is that of cmd/dynamic-provider in @pulumi/pulumi: `requireFromString(text).handler()` once per text.
 * https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/cmd/dynamic-provider/index.ts
 */
export function providerText(phase: ProviderName): string {
  return `exports.handler = () => {
  const path = require("path");
  const load = (from) => {
    const file = path.resolve(from || ".", "dist/components/phases/provider.js");
    return require("fs").existsSync(file) ? require(file)
      : require("module").createRequire(path.resolve("_"))("pulumi-kubernetes-storage-migration/phases");
  };
  let config;
  const phase = (properties) => load(properties.__from).phaseProvider("${phase}", config);
  return {
    configure: (request) => { config = request.config; },
    check: (olds, news) => phase(news).check(olds, news),
    diff: (id, olds, news) => phase(news).diff(id, olds, news),
    create: (inputs) => phase(inputs).create(inputs),
    update: (id, olds, news) => phase(news).update(id, olds, news),
    delete: (id, properties) => phase(properties).delete(id, properties),
  };
};
`;
}

/** The type token of a phase: state that releases must keep reading. */
export function typeToken(phase: ProviderName): string {
  return `pulumi-nodejs:dynamic/kubernetes-storage-migration:${phase.charAt(0).toUpperCase()}${phase.slice(1)}`;
}

/** Where this package is, relative to the project: a state must not hold a path of the machine that wrote it. */
export function packageFolder(): string {
  let folder = __dirname;
  while (!fs.existsSync(path.join(folder, "package.json"))) folder = path.dirname(folder);
  return path.relative(process.cwd(), folder) || ".";
}
