import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../kubernetes/errors";
import { describeProblem, type Problem } from "../kubernetes/problem";

export function withRefusal<T>(component: pulumi.Resource, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof UserError ? refusal(component, error.message) : error;
  }
}

/** On the component's row, without a stack: it would bury the message. */
export function refusal(component: pulumi.Resource, problem: Problem | string): pulumi.ResourceError {
  const message = typeof problem === "string" ? problem : describeProblem(problem);
  return new pulumi.ResourceError(message, component, true);
}
