import { PolicyPack } from "@pulumi/policy";
import { keyAge } from "./keyAge";
import { oneVersion } from "./oneVersion";
import { asPolicy } from "./policy";
import { retention } from "./retention";
import { stopAfterInProduction } from "./stopAfterInProduction";

/** What `pulumi preview --policy-pack node_modules/pulumi-kubernetes-storage-migration/policies` runs. */
new PolicyPack("kubernetes-storage-migration", {
  policies: [asPolicy(oneVersion), asPolicy(stopAfterInProduction), asPolicy(keyAge), asPolicy(retention)],
});
