import type { Conversion } from "../conversion/define";
import { ExactNumber, parseExact, stringifyExact } from "../conversion/exactJson";
import { sortKeysOfJsonValue, type JsonMap } from "../conversion/jsonValue";

/** Asks for a frozen object as the API server does, and gives back what etcd or a client would: through JSON, its keys sorted. */
export type Convert = (object: JsonMap, to: string) => JsonMap;

/** By the very function that the server answers with: what keeps the laws here is what is served. */
export function makeConverter(conversion: Conversion, keys: readonly Uint8Array[]): Convert {
  return (object, to) => {
    const request = { uid: "law", desiredAPIVersion: `${conversion.group}/${to}`, objects: [freeze(object)] };
    const review = { apiVersion: "apiextensions.k8s.io/v1", kind: "ConversionReview", request };
    const { result, convertedObjects } = conversion.review(review, { keys }).response;
    const [converted] = convertedObjects;
    if (result.status === "Failure") throw new Error(result.message);
    if (converted === undefined) throw new Error("the review was answered without the object");
    return stored(converted);
  };
}

function stored(object: JsonMap): JsonMap {
  return parseExact(stringifyExact(sortKeysOfJsonValue(object))) as JsonMap;
}

function freeze(value: unknown): unknown {
  if (typeof value === "object" && value !== null && !(value instanceof ExactNumber)) {
    Object.values(Object.freeze(value)).forEach(freeze);
  }
  return value;
}
