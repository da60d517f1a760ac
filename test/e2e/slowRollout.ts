import * as pulumi from "@pulumi/pulumi";

/** Something of the program that rolls between two phases, as a Deployment does, and takes its time. */
export class SlowRollout extends pulumi.CustomResource {
  constructor(name: string, milliseconds: number, dependsOn: pulumi.Resource[]) {
    const provider = `exports.handler = () => ({
      create: async () => (await new Promise((done) => setTimeout(done, ${milliseconds})), { id: "rolled", outs: {} }),
    });`;
    super("pulumi-nodejs:dynamic:SlowRollout", name, { __provider: provider }, { dependsOn });
  }
}

/** Longer than a rehearsal is fresh. */
export const slowBeforeStore = {
  store: ({ rehearse }: { readonly rehearse: pulumi.Resource }) => [new SlowRollout("operator", 11_000, [rehearse])],
};
