import { createRequire } from "module";
import * as path from "path";
import * as vm from "vm";
import { buildSync } from "esbuild";
import * as sdk from "../conversion";
import type { Conversion } from "../conversion";
import { messageOfError, UserError } from "../kubernetes/errors";
import { buildError } from "./buildError";

const SDK = "pulumi-kubernetes-storage-migration/conversion";

/**
 * The conversion that the module at `file` exports, to be tried in this process before anything is served.
 *
 * @throws UserError: it cannot be loaded, or its default export is none
 */
export function loadConversion(file: string): Conversion {
  const exported = { exports: {} as { default?: unknown } };
  try {
    const run: unknown = vm.runInThisContext(`(function (module, exports, require) {${asCommonJs(file)}\n})`, {
      filename: file,
    });
    const outer = createRequire(path.resolve(file));
    // The very same SDK as ours: values of one copy's classes are strangers to another.
    const load = (name: string): unknown => (name === SDK ? sdk : outer(name));
    (run as (module: unknown, exports: unknown, require: unknown) => void)(exported, exported.exports, load);
  } catch (error) {
    throw new UserError({
      what: `conversion: ${file}: ${buildError(error) ?? messageOfError(error)}`,
      expected: "a module that can be built and loaded",
      next: "correct its path, or what the module imports or does",
    });
  }
  const conversion = (exported.exports.default ?? exported.exports) as Partial<Conversion>;
  if (typeof conversion.review === "function") return conversion as Conversion;
  throw new UserError({
    what: `conversion: the default export of ${file} is no conversion`,
    expected: "what defineConversion returns",
  });
}

function asCommonJs(file: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [path.resolve(file)],
    bundle: true,
    write: false,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: [SDK],
    tsconfigRaw: {},
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}
