// Compiled, not run, in each of the projects that install the package: what must compile, and what must not.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  rightsForPreview,
  rightsForUp,
  VersionedCRD,
  type ConversionArgs,
  type PhaseName,
  type PolicyRule,
  type VersionedCRDArgs,
} from "pulumi-kubernetes-storage-migration";

const provider = new k8s.Provider("cluster");
const args: VersionedCRDArgs = {
  file: "crds/databases.yaml",
  name: "databases.example.com",
  stopAfter: "migrate",
  migrator: "in-tree",
  requestTimeoutSeconds: 60,
  decommissionedServers: ["old-server"],
  kubeconfig: "kubeconfig.yaml",
  context: "prod",
};

const databases = new VersionedCRD("databases", args, { protect: true, dependsOn: [provider] });
const storage: pulumi.Output<string> = databases.storageVersion;
const stored: pulumi.Output<string[]> = databases.storedVersions;
const rewritten: pulumi.Output<number | undefined> = databases.objectsRewritten;
const proof: pulumi.Output<string | undefined> = databases.proof;
const phase: PhaseName = databases.phase;
new pulumi.StackReference("other", {}, { dependsOn: [databases.phases.store, databases] });
const rules: PolicyRule[] = [
  ...rightsForPreview([{ group: "example.com", plural: "databases" }]),
  ...rightsForUp([{ group: "example.com", plural: "databases" }]),
];

// The official resource's own arguments, outputs in them too.
const conversion: ConversionArgs = { url: "https://webhook.example.com/convert", caBundle: "" };
new VersionedCRD("typed", {
  crd: {
    metadata: { name: "databases.example.com" },
    spec: {
      group: pulumi.output("example.com"),
      scope: "Namespaced",
      names: { plural: "databases", kind: "Database" },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", x_kubernetes_preserve_unknown_fields: true } },
        },
      ],
    },
  },
  conversion: pulumi.output(conversion),
});

// @ts-expect-error the arguments are needed
new VersionedCRD("none");
// @ts-expect-error not one of the phases
new VersionedCRD("phase", { file: "a.yaml", stopAfter: "migration" });
// @ts-expect-error not one of the migrators
new VersionedCRD("migrator", { file: "a.yaml", migrator: "intree" });
// @ts-expect-error an unknown argument
new VersionedCRD("unknown", { file: "a.yaml", stopafter: "store" });
// @ts-expect-error seconds, not a duration
new VersionedCRD("duration", { file: "a.yaml", requestTimeoutSeconds: "60s" });
// @ts-expect-error a manifest without spec
new VersionedCRD("manifest", { crd: { metadata: { name: "databases.example.com" } } });
// @ts-expect-error the component sets its outputs, nobody else
databases.storageVersion = pulumi.output("v2");
// @ts-expect-error no phase of that name
void databases.phases.rewrite;
// @ts-expect-error an Output is not its value
const plain: string = databases.storageVersion;

export default [storage, stored, rewritten, proof, phase, rules, plain];
