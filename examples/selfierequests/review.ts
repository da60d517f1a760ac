import type { Convert, SelfieRequest } from "./conversion";

const apiVersion = "apiextensions.k8s.io/v1";
const kind = "ConversionReview";

interface ConversionReview {
  apiVersion: string;
  kind: string;
  request: { uid: string; desiredAPIVersion: string; objects: SelfieRequest[] };
}

/** The answer to one ConversionReview: every object in its order, or a Failure that says which one and why. https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#webhook-request-and-response */
export async function answer(body: unknown, convert: Convert): Promise<unknown> {
  if (!isReview(body))
    throw new Error(
      `the body is not a ${kind} of ${apiVersion} with request.uid, request.desiredAPIVersion and request.objects`,
    );
  const { uid, desiredAPIVersion, objects } = body.request;
  try {
    const convertedObjects = [];
    for (const object of objects) convertedObjects.push(await convert(object, desiredAPIVersion));
    return { apiVersion, kind, response: { uid, result: { status: "Success" }, convertedObjects } };
  } catch (error) {
    return { apiVersion, kind, response: { uid, result: { status: "Failure", message: (error as Error).message } } };
  }
}

function isReview(body: unknown): body is ConversionReview {
  const review = body as Partial<ConversionReview> | null;
  const request = review?.request;
  return (
    review?.apiVersion === apiVersion &&
    review.kind === kind &&
    typeof request?.uid === "string" &&
    typeof request.desiredAPIVersion === "string" &&
    Array.isArray(request.objects)
  );
}
