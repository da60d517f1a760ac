import * as pulumi from "@pulumi/pulumi";
import { packageFolder } from "../../phases/shim";

/** As in phases/shim.ts: constant, and loaded from where the program found the package. */
const PROVIDER = `exports.handler = () => {
  const path = require("path");
  const load = (from) => {
    const file = path.resolve(from || ".", "dist/components/conversionWebhook/authority/provider.js");
    return require("fs").existsSync(file) ? require(file)
      : require("module").createRequire(path.resolve("_"))("pulumi-kubernetes-storage-migration/authority");
  };
  let config;
  const authority = (properties) => load(properties.__from).authorityProvider(config);
  return {
    configure: (request) => { config = request.config; },
    check: (olds, news) => authority(news).check(olds, news),
    diff: (id, olds, news) => authority(news).diff(id, olds, news),
    create: (inputs) => authority(inputs).create(inputs),
    update: (id, olds, news) => authority(news).update(id, olds, news),
    delete: (id, properties) => authority(properties).delete(id, properties),
  };
};
`;

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
    const type = "pulumi-nodejs:dynamic/kubernetes-storage-migration:Authority";
    const urn = pulumi.createUrn(name, type, opts.parent) as unknown as { promise(): Promise<string> };
    super(
      type,
      name,
      {
        ...args,
        caBundle: undefined,
        cert: undefined,
        key: undefined,
        held: undefined,
        __provider: PROVIDER,
        __from: packageFolder(),
        __urn: pulumi.output(urn.promise()), // without the dependency on the parent, which waits for us
      },
      { ...opts, additionalSecretOutputs: ["key", "held"] },
    );
  }
}
