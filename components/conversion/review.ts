import { convertObject, nameConvertedObject, type Chain, type ConvertOptions } from "./convert";
import { ConversionError, ReviewError, reasonOfConversionError } from "./errors";
import { isJsonMap, ownJsonField, type JsonMap } from "./jsonValue";

const apiVersion = "apiextensions.k8s.io/v1";
const kind = "ConversionReview";

/** What the API server gets. https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/#conversionreview-v1-apiextensions-k8s-io */
export interface ConversionReview {
  readonly apiVersion: string;
  readonly kind: string;
  readonly response: {
    readonly uid: string;
    readonly result: { readonly status: "Success" } | { readonly status: "Failure"; readonly message: string };
    readonly convertedObjects: readonly JsonMap[];
  };
}

export interface ReviewOptions extends ConvertOptions {
  /** Told of each object that cannot be converted: its name, the step and the path, without any value. Default: nobody is. */
  onFailure?: (where: string) => void;
}

/** So many objects are named in a failure; the others are counted. */
const NAMED = 5;
/** Characters of each. A reason may quote a value, and a value may be a megabyte. */
const LONGEST = 500;

/**
 * The answer to one ConversionReview: every object in its order, or a failure that names the first objects it comes from
 * (the protocol knows no partial answer). Pure: the same request gives the same answer, and is not changed.
 *
 * @throws ReviewError for a body that is none
 */
export function reviewObjects(chain: Chain, body: unknown, options: ReviewOptions = {}): ConversionReview {
  const { uid, desired, objects } = requestOf(body);
  const answer = (response: Omit<ConversionReview["response"], "uid">): ConversionReview => ({
    apiVersion,
    kind,
    response: { uid, ...response },
  });
  const failures: string[] = [];
  const convertedObjects = objects.map((object) => {
    try {
      return convertObject(chain, object, desired, options);
    } catch (error) {
      failures.push(
        error instanceof ConversionError
          ? error.message
          : `${nameConvertedObject(object)}: ${reasonOfConversionError(error)}`,
      );
      options.onFailure?.(error instanceof ConversionError ? error.where : nameConvertedObject(object));
      return {};
    }
  });
  if (failures.length === 0) return answer({ result: { status: "Success" }, convertedObjects });
  const more = failures.length > NAMED ? `; and ${failures.length - NAMED} more` : "";
  const message = `${failures.slice(0, NAMED).map(shortened).join("; ")}${more}`;
  return answer({ result: { status: "Failure", message }, convertedObjects: [] });
}

function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function requestOf(body: unknown): { uid: string; desired: string; objects: readonly unknown[] } {
  const request = isJsonMap(body) ? ownJsonField(body, "request") : undefined;
  if (!isJsonMap(body) || body["apiVersion"] !== apiVersion || body["kind"] !== kind || !isJsonMap(request)) {
    throw new ReviewError(`the body is no ${kind} of ${apiVersion} with a request`);
  }
  const { uid, desiredAPIVersion: desired, objects } = request;
  if (typeof uid !== "string" || typeof desired !== "string" || !Array.isArray(objects)) {
    throw new ReviewError(`the ${kind} lacks request.uid, request.desiredAPIVersion or request.objects`);
  }
  return { uid, desired, objects };
}
