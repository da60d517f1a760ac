import { describeConversion } from "../../crd/conversion";
import { storageVersion } from "../../crd/definition";
import type { Problem } from "../../kubernetes/problem";
import type { RollbackFacts } from "../facts";

/** Every object goes through the webhook on its way back. */
export function conversionAnswers({ live, to, conversion }: RollbackFacts): Problem[] {
  if (conversion.state !== "failed") return [];
  return [
    {
      what: `${live.metadata.name}: an object cannot be read as ${to}: ${conversion.why}`,
      expected: `${describeConversion(live.spec.conversion)} to convert ${storageVersion(live)} to ${to}`,
      why: "each object goes through it when it is rewritten",
      next: "start the webhook, or mend its address, its certificate or what it does with this object",
    },
  ];
}
