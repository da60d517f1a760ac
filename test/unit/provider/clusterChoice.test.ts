import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { VersionedCRD, type VersionedCRDArgs } from "../../../components";
import { manifest } from "../fixtures";

const crd = manifest("v1", "v2 storage") as unknown as VersionedCRDArgs["crd"] & object;
const refused = /an explicit Kubernetes provider is given.*no `kubeconfig`.*set `kubeconfig`.*and `context`/s;

class Platform extends pulumi.ComponentResource {
  constructor(opts: pulumi.ComponentResourceOptions) {
    super("test:index:Platform", "platform", {}, opts);
  }
}

beforeAll(() =>
  pulumi.runtime.setMocks({
    call: () => ({}),
    newResource: ({ inputs, name }) => ({ id: name, state: inputs as Record<string, unknown> }),
  }),
);

const provider = (): kubernetes.Provider => new kubernetes.Provider("prod", { kubeconfig: "prod.yaml" });

test.each<[string, () => pulumi.ComponentResourceOptions]>([
  ["provider", () => ({ provider: provider() })],
  ["providers, a list", () => ({ providers: [provider()] })],
  ["providers, by package", () => ({ providers: { kubernetes: provider() } })],
  ["a parent's", () => ({ parent: new Platform({ providers: [provider()] }) })],
])("an explicit Kubernetes provider (%s) without a kubeconfig is refused, not guessed about", (_how, opts) => {
  expect(() => new VersionedCRD("databases", { crd }, opts())).toThrow(refused);
  expect(() => new VersionedCRD("databases", { crd }, opts())).toThrow(pulumi.ResourceError);
});

test("with a kubeconfig it is fine: that says which cluster", () => {
  expect(() => new VersionedCRD("databases", { crd, kubeconfig: "prod.yaml" }, { provider: provider() })).not.toThrow();
});

test("a provider of another package says nothing about the cluster", () => {
  class Random extends pulumi.ProviderResource {
    constructor() {
      super("random", "random");
    }
  }
  expect(() => new VersionedCRD("databases", { crd }, { providers: [new Random()] })).not.toThrow();
});
