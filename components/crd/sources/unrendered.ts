import { boundedProblemItems, type Problem } from "../../kubernetes/problem";

const SHOWN = 10;

/** A chart that makes its CRDs, or the one of that name, by templates. */
export function describeUnrendered(given: string, templates: readonly string[], name?: string): Problem {
  return {
    what: `${given}: ${name === undefined ? "no CRD" : `no ${name}`} but in templates, which are not rendered`,
    items: boundedProblemItems([...templates].sort().slice(0, SHOWN), templates.length),
    expected: "CustomResourceDefinitions below the chart's crds/",
    next: "render them with your values, `helm template NAME CHART --include-crds > rendered.yaml`, and give that file",
  };
}
