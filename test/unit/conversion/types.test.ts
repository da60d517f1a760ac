import { defineConversion, type Moves, type Path, type SchemaNode, type Value } from "../../../components/conversion";
import type { widgetVersions } from "./examples";

type V1 = (typeof widgetVersions)["v1"];
type V2 = (typeof widgetVersions)["v2"];
type V3 = (typeof widgetVersions)["v3"];

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(value?: T): T | undefined => value;

/** Never run: `npm run check` fails where a line marked so would compile. */
function refusedByTheCompiler(m: Moves<V1, V2>, n: Moves<V2, V3>, runtime: Moves<SchemaNode, SchemaNode>): unknown[] {
  return [
    m.rename("spec.size", "spec.replicas"),
    // @ts-expect-error a path that v1 does not have
    m.rename("spec.sise", "spec.replicas"),
    // @ts-expect-error a path that v2 does not have
    m.rename("spec.size", "spec.size"),
    // @ts-expect-error a rename from an integer to a string
    m.rename("spec.size", "spec.mode"),
    // @ts-expect-error an enum that grew is no rename: v1 has no "Paranoid"
    m.rename("spec.mode", "spec.mode"),
    // @ts-expect-error nor may it be kept
    m.keep("spec.mode"),
    // @ts-expect-error down may return "Paranoid", which v1 lacks
    m.map("spec.mode", "spec.mode", { up: (mode) => mode, down: (mode) => mode }),
    m.map("spec.mode", "spec.mode", { up: (mode) => mode, down: (mode) => (mode === "Paranoid" ? "Safe" : mode) }),
    // @ts-expect-error up may return "Slow", which neither has
    m.map("spec.mode", "spec.mode", { up: () => "Slow", down: () => "Safe" }),
    // @ts-expect-error both directions
    m.map("spec.mode", "spec.mode", { up: (mode) => mode }),
    // @ts-expect-error added in v1: it is v2's to name
    m.added("spec.legacy"),
    // @ts-expect-error no list
    m.each("spec.size", () => []),
    // @ts-expect-error a field that the elements do not have
    m.each("spec.ports", (p) => [p.rename("port", "number")]),
    // @ts-expect-error the other version's list has another name
    n.each("spec.ports", () => []),
    n.each("spec.ports", (p) => [p.map("protocol", "protocol", { up: (x) => x, down: () => "TCP" })], {
      to: "spec.endpoints",
    }),
    // @ts-expect-error into a list that does not exist
    m.wrap("spec.legacy"),
    m.wrap("spec.tls", (t) => [t.rename("secret", "secretName")]),
    m.split("spec.legacy", ["spec.mode", "spec.replicas"], {
      // @ts-expect-error the parts the other way round
      up: ({ note }) => [1, note === "f" ? "Fast" : "Safe"],
      down: ([mode, replicas]) => ({ note: mode, ratio: replicas }),
    }),
    m.custom(["spec.legacy"], ["spec.replicas"], {
      // @ts-expect-error what may be absent is used as if it were there
      up: ([legacy]) => [legacy.ratio],
      down: ([replicas]) => [replicas === undefined ? undefined : { ratio: replicas }],
    }),
    // Known only at run time: any path is taken, and checked when it is defined.
    runtime.rename("spec.a", "spec.b"),
    runtime.map("spec.a", "spec.b", { up: (a: string) => a, down: (b: string) => b }),
  ];
}

/** Steps name versions that exist. */
function refusedSteps(): unknown {
  const versions = { v1: { type: "object" }, v2: { type: "object" } } as const;
  return defineConversion({
    group: "g",
    kind: "K",
    versions,
    // @ts-expect-error there is no v3
    steps: (step) => [step("v1", "v3", () => [])],
  });
}

test("paths and values come from the schema", () => {
  type Small = {
    properties: {
      spec: {
        properties: {
          n: { type: "integer"; format: "int64" };
          p: { "x-kubernetes-int-or-string": true };
          m: { type: "object"; additionalProperties: { type: "boolean" } };
          e: { type: "string"; enum: readonly ["a", "b"]; nullable: true };
          l: { type: "array"; items: { type: "number" } };
        };
      };
    };
  };
  holds<Equal<Path<Small>, "spec" | "spec.n" | "spec.p" | "spec.m" | "spec.e" | "spec.l">>();
  holds<
    Equal<
      Value<Small["properties"]["spec"]>,
      {
        n?: number | bigint;
        p?: number | string;
        m?: Record<string, boolean>;
        e?: "a" | "b" | null;
        l?: number[];
      }
    >
  >();
  expect([refusedByTheCompiler, refusedSteps]).toHaveLength(2);
});
