import type { ResourceValidationArgs, ResourceValidationPolicy } from "@pulumi/policy";
import { describeProblem, type Problem } from "../kubernetes/problem";

/** A resource as the engine is about to register it, with the policy's configuration. */
export interface Registered<Config = object> {
  readonly type: string;
  readonly props: Readonly<Record<string, unknown>>;
  readonly stack: string;
  readonly config: Config;
}

export interface Rule<Config = object> extends Pick<ResourceValidationPolicy, "configSchema"> {
  readonly name: string;
  readonly description: string;
  /** What is wrong with this resource; undefined where nothing is. */
  readonly find: (resource: Registered<Config>) => Problem | undefined;
}

/** A rule as `@pulumi/policy` takes it. Every one stops the run unless the pack's configuration says otherwise. */
export function asPolicy<Config extends object>({ find, ...rule }: Rule<Config>): ResourceValidationPolicy {
  return {
    ...rule,
    enforcementLevel: "mandatory",
    validateResource: (args: ResourceValidationArgs, report: (message: string) => void): void => {
      const { type, props, urn } = args;
      const problem = find({ type, props, stack: stackOf(urn), config: args.getConfig<Config>() });
      if (problem !== undefined) report(describeProblem(problem));
    },
  };
}

/** `prod` of `urn:pulumi:prod::project::…`: https://www.pulumi.com/docs/iac/concepts/resources/names/#urns */
function stackOf(urn: string): string {
  return urn.slice("urn:pulumi:".length).split("::")[0] ?? "";
}
