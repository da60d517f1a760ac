import type { Conversion } from "../conversion";
import { checkLaws, type LawOptions } from "../conversionTesting/checkLaws";
import { UserError } from "../kubernetes/errors";
import type { ConversionWebhookArgs } from "./args";

/** Of each law and pair of versions; the user's own tests try more. */
const RUNS = 25;

/**
 * Tries the laws before anything is served, with the same objects each time.
 *
 * @throws UserError with the smallest object that shows the first law broken; a sensitive field without a key
 */
export function tryLaws(
  conversion: Conversion | undefined,
  { conversion: file, keys, laws = {} }: ConversionWebhookArgs,
): void {
  if (conversion === undefined) return;
  if (conversion.sensitive.length > 0 && keys === undefined) {
    throw new UserError({
      what: `conversion: ${file}: ${conversion.sensitive.join(", ")} is sensitive and not in every version`,
      expected: "`keys` to seal it with",
    });
  }
  const [broken, ...others] = checkLaws(conversion, { runs: RUNS, seed: 1, ...(laws as LawOptions) });
  if (broken === undefined) return;
  const more = others.length === 0 ? "" : `\nand ${others.length} more`;
  throw new UserError(
    `conversion: ${file} breaks a law that lossless conversions keep: ${broken.message}${more}\ntry it with laws(conversion) in a test; where the schema does not say what values there are, give laws: { values }`,
  );
}
