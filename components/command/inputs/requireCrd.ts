import type { Definition } from "../../crd/definition";
import { readDefinition } from "../../crd/readDefinition";
import type { Cluster } from "../../kubernetes/cluster";
import { UserError } from "../../kubernetes/errors";

/** The live CRD of that name. @throws UserError where there is none */
export async function requireCrd(cluster: Cluster, name: string): Promise<Definition> {
  const live = await readDefinition(cluster, name);
  if (live !== undefined) return live;
  throw new UserError({
    what: `${name}: there is no such CRD in the cluster`,
    expected: "metadata.name of a CRD (PLURAL.GROUP)",
    next: "`kubectl get crd` lists the names",
  });
}
