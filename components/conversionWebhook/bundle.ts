import { createHash } from "crypto";
import * as fs from "fs";
import * as path from "path";
import { buildSync } from "esbuild";
import { UserError } from "../kubernetes/errors";
import { buildError } from "./buildError";

/** A conversion and the server around it as one file that Node runs. */
export interface Bundle {
  readonly code: string;
  /** sha256 of the code, in hex. */
  readonly sha256: string;
}

/** A ConfigMap with all that is in it (pkg/apis/core/validation: MaxSecretSize); the rest is for names and labels. */
const LARGEST = 1024 * 1024 - 4096;
const PACKAGE = "pulumi-kubernetes-storage-migration";

/**
 * Bundles the module at `file`, whose default export is a conversion. The same sources give the same bytes on any machine:
 * no path, time or setting of the machine goes in (a tsconfig.json or a browserslist beside the file is not read).
 *
 * @throws UserError: no such file, what esbuild says of it, an import of Pulumi, or a result too large for a ConfigMap
 */
export function bundleConversion(file: string): Bundle {
  if (!fs.existsSync(file)) {
    throw new UserError({
      what: `conversion: found no file ${file}`,
      expected: "the module whose default export is a conversion",
    });
  }
  const { code, inputs } = build(path.resolve(file));
  const pulumi = inputs.find((input) => /node_modules\/@pulumi\//.test(input));
  if (pulumi !== undefined) {
    const name = /@pulumi\/[^/]+/.exec(pulumi)?.[0];
    throw new UserError({
      what: `conversion: ${file} imports ${name}`,
      expected: "no Pulumi in it, nor in what it imports, since it runs in the cluster",
      next: `move what needs ${name} to the program, and import from "pulumi-kubernetes-storage-migration/conversion" only`,
    });
  }
  const bytes = Buffer.byteLength(code);
  if (bytes > LARGEST) {
    throw new UserError({
      what: `conversion: ${file} and what it imports are ${bytes} bytes as one file`,
      expected: `at most ${LARGEST}, what a ConfigMap holds`,
      next: "import less, or build an image of it and give `image`",
    });
  }
  return { code, sha256: createHash("sha256").update(code).digest("hex") };
}

function build(file: string): { code: string; inputs: string[] } {
  const here = path.resolve(__dirname, "..");
  const contents = `import conversion from ${JSON.stringify(`./${path.basename(file)}`)};
import { serveConversion } from "${PACKAGE}/server";
serveConversion(conversion.default ?? conversion);`;
  try {
    const { outputFiles, metafile } = buildSync({
      stdin: { contents, resolveDir: path.dirname(file), sourcefile: "webhook.js", loader: "js" },
      absWorkingDir: path.dirname(file),
      alias: {
        [`${PACKAGE}/server`]: path.join(here, "conversionServer"),
        [`${PACKAGE}/conversion`]: path.join(here, "conversion"),
      },
      bundle: true,
      write: false,
      metafile: true,
      platform: "node",
      target: "node20",
      format: "cjs",
      minify: true,
      legalComments: "none",
      charset: "utf8",
      tsconfigRaw: {},
      logLevel: "silent",
    });
    return { code: outputFiles[0]?.text ?? "", inputs: Object.keys(metafile.inputs) };
  } catch (error) {
    const found = buildError(error);
    if (found === undefined) throw error;
    throw new UserError(`conversion: ${file} cannot be bundled: ${found}`);
  }
}
