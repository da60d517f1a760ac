import * as pulumi from "@pulumi/pulumi";
import { hiddenShimInputs, shimText, shimTypeToken } from "../provider/shim";

/**
 * One name or pattern as one resource: planned in `check`, so that `pulumi preview` shows what it will do to which CRD, and run in
 * `create` or `update`. Its type token and its inputs are state that releases must keep reading.
 */
export class MigratedObjects extends pulumi.CustomResource {
  declare readonly plan: pulumi.Output<string[]>;
  /** By CRD: status.storedVersions, as the last run that had something to do left them. */
  declare readonly storedVersions: pulumi.Output<Record<string, string[]>>;

  constructor(name: string, inputs: pulumi.Inputs, opts: pulumi.CustomResourceOptions) {
    const token = shimTypeToken("MigrateObjects");
    super(
      token,
      name,
      {
        ...inputs,
        plan: undefined,
        storedVersions: undefined,
        ...hiddenShimInputs(shimText("storageMigration", "migrate"), token, name, opts),
      },
      opts,
    );
  }
}
