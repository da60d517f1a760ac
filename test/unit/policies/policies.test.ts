import * as fs from "fs";
import { keyAge } from "../../../components/policies/keyAge";
import { oneVersion } from "../../../components/policies/oneVersion";
import type { Registered } from "../../../components/policies/policy";
import { retention } from "../../../components/policies/retention";
import { stopAfterInProduction } from "../../../components/policies/stopAfterInProduction";
import { DISTRIBUTE, SERVE } from "../../../components/policies/phaseTypes";
import { version } from "../../../package.json";
import { checkout } from "../../../local/checkout";
import { manifest } from "../fixtures";

const OFFICIAL = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition";

const resource = <Config>(type: string, props: object, config: Config, stack = "prod"): Registered<Config> => ({
  type,
  props: props as Registered["props"],
  stack,
  config,
});

describe("crd-with-several-versions", () => {
  const what = (type: string, ...versions: string[]) =>
    oneVersion.find(resource(type, { spec: manifest(...versions).spec }, {}))?.what;

  test("an official CRD with several versions is named with them; with one it passes", () => {
    expect(what(OFFICIAL, "v1", "v2 storage")).toBe("an official CustomResourceDefinition has the versions v1, v2");
    expect(what(OFFICIAL, "v1 storage")).toBeUndefined();
  });

  test("other resources, and lists and patches of CRDs, are none of its business", () => {
    for (const type of [SERVE, `${OFFICIAL}List`, `${OFFICIAL}Patch`])
      expect(what(type, "v1", "v2 storage")).toBeUndefined();
    expect(oneVersion.find(resource(OFFICIAL, {}, {}))).toBeUndefined();
  });
});

describe("stop-after-in-production", () => {
  const stacks = "prod";
  const find = (type: string, props: object, stack?: string) =>
    stopAfterInProduction.find(resource(type, props, { stacks }, stack));

  test.each([
    [SERVE, "drop"],
    [DISTRIBUTE, "retire"],
  ])(
    "%s without stopAfter is refused where the stack's name matches; any phase will do, the last one too",
    (type, last) => {
      expect(find(type, {})?.next).toContain(`stopAfter: "${last}"`);
      expect(find(type, {}, "eu-prod-2")?.what).toBe(
        "stopAfter is not given, and the stack's name, eu-prod-2, matches prod",
      );
      expect(find(type, { stopAfter: last })).toBeUndefined();
      expect(find(type, {}, "dev")).toBeUndefined();
    },
  );

  test("the phases after the first are not asked", () => {
    expect(find(SERVE.replace("Serve", "Drop"), {})).toBeUndefined();
  });
});

test("key-age: maxKeyAgeDays must be given, and may not be above what the pack allows", () => {
  const what = (props: object, type = DISTRIBUTE) => keyAge.find(resource(type, props, { days: 90 }))?.what;
  expect(what({})).toBe("maxKeyAgeDays is not given");
  expect(what({ maxKeyAgeDays: 91 })).toBe("maxKeyAgeDays is 91");
  expect(what({ maxKeyAgeDays: 90 })).toBeUndefined();
  expect(what({}, SERVE)).toBeUndefined();
});

test("crd-retained: whatever deletes a CRD is refused; the default is not", () => {
  const what = (props: object) => retention.find(resource(SERVE, props, {}))?.what;
  expect(what({ onDelete: "delete" })).toBe("onDelete is delete");
  expect(what({ onDelete: "delete-with-objects" })).toBe("onDelete is delete-with-objects");
  expect(what({})).toBeUndefined();
});

test("the pack's folder has the version of the package and leads to the compiled pack", () => {
  const pack = JSON.parse(fs.readFileSync(checkout("policies", "package.json"), "utf8")) as Record<string, string>;
  expect([pack["version"], pack["main"]]).toEqual([version, "../dist/components/policies/pack.js"]);
  expect(fs.existsSync(checkout("components", "policies", "pack.ts"))).toBe(true);
});
