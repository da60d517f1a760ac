import * as pulumi from "@pulumi/pulumi";
import { hiddenShimInputs, shimText, shimTypeToken } from "../../provider/shim";

export interface AuthorityArgs {
  readonly service: string;
  readonly namespace: string;
  readonly authorityDays: number;
  readonly leafDays: number;
  readonly cluster: pulumi.Inputs;
}

/** An own certificate authority and the certificate of one Service, kept in the state. Its type token and inputs are state that releases must keep reading. */
export class Authority extends pulumi.CustomResource {
  /** PEM of the one authority, or of the old and the new. */
  declare readonly caBundle: pulumi.Output<string>;
  declare readonly cert: pulumi.Output<string>;
  /** A secret. */
  declare readonly key: pulumi.Output<string>;

  constructor(name: string, args: AuthorityArgs, opts: pulumi.CustomResourceOptions) {
    const token = shimTypeToken("Authority");
    super(
      token,
      name,
      {
        ...args,
        caBundle: undefined,
        cert: undefined,
        key: undefined,
        held: undefined,
        ...hiddenShimInputs(shimText("conversionWebhook", "authority"), token, name, opts),
      },
      { ...opts, additionalSecretOutputs: ["key", "held"] },
    );
  }
}
