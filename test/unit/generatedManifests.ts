import * as fc from "fast-check";
import type { Definition, Version } from "../../components/crd/definition";
import { manifest, schema, version, webhook, withMetadata, withSpec } from "./fixtures";

export const NAMES = ["v1", "v2", "v3"];

const versions: fc.Arbitrary<Version[]> = fc
  .tuple(
    fc.shuffledSubarray(NAMES, { minLength: 1 }),
    fc.nat(2),
    fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
    fc.array(fc.constantFrom("host", "port", "size"), { minLength: 3, maxLength: 3 }),
  )
  .map(([names, storage, isServed, fields]) =>
    names.map((name, index) => {
      const isStorage = index === storage % names.length;
      const words = [name, ...(isStorage ? ["storage"] : []), ...(isStorage || isServed[index] ? [] : ["unserved"])];
      return version(words.join(" "), schema(fields[index] ?? "host"));
    }),
  );

const conversion = fc.constantFrom(undefined, webhook(), webhook("https://other.example.com/"));

/** A manifest of databases.example.com with one to three versions, in any order, and either conversion. */
export const wanted: fc.Arbitrary<Definition> = fc
  .tuple(versions, conversion, fc.boolean(), fc.boolean())
  .map(([list, to, hasShortName, hasLabel]) => {
    const base = withMetadata(manifest(...list), hasLabel ? { labels: { team: "storage" } } : {});
    const names = { ...base.spec.names, ...(hasShortName && { shortNames: ["db"] }) };
    return withSpec(base, { names, ...(to && { conversion: to }) });
  });
