import { storageVersion, type Definition } from "../../crd/definition";
import {
  MetadataOnly,
  objectName,
  resourcePath,
  type KubernetesList,
  type KubernetesObject,
} from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { hasErrorStatus } from "../../kubernetes/errors";
import { boundedList } from "../../kubernetes/problem";

/** Preview stays short: whoever has more objects than this has read the first names anyway. */
const LOOKED_AT = 500;
const SHOWN = 3;

/** Field managers of the official provider: https://github.com/pulumi/pulumi-kubernetes/blob/master/provider/pkg/await/await.go */
const PULUMI = /^pulumi-(resource-)?kubernetes/;

/**
 * A warning of objects that other Pulumi programs write at a version that is not `storage`. A program sees its own state
 * alone and we see no state at all: what the objects themselves say is all there is. undefined when there is none.
 */
export async function warnOfWrittenByPulumi(
  cluster: Cluster,
  live: Definition,
  storage: string,
): Promise<string | undefined> {
  const { group, names } = live.spec;
  try {
    const list = await cluster.call<KubernetesList>({
      method: "GET",
      path: resourcePath({ group, version: storageVersion(live), plural: names.plural }),
      query: { limit: LOOKED_AT },
      accept: MetadataOnly.list,
    });
    return describeWrittenByPulumi(list.items ?? [], group, storage);
  } catch (error) {
    // What cannot be read just now is for the rehearsal to say.
    if (hasErrorStatus(error, 403, 404, 429, 500, 503, 504)) return undefined;
    throw error;
  }
}

export function describeWrittenByPulumi(
  objects: readonly KubernetesObject[],
  group: string,
  storage: string,
): string | undefined {
  const written = objects.flatMap((object) => {
    const version = olderVersion(object, `${group}/${storage}`);
    return version === undefined ? [] : [{ name: objectName(object), version }];
  });
  if (written.length === 0) return undefined;
  const versions = [...new Set(written.map(({ version }) => version))].sort().join(", ");
  const names = written.map(({ name }) => name);
  return `Pulumi programs write ${boundedList(names, SHOWN)} as ${versions}: one that changes apiVersion to ${group}/${storage} without a type alias plans a create and a delete, and the object is lost; expected \`aliases: crd.aliases()\` there, or { type: "kubernetes:${versions.split(", ")[0]}:KIND" } in a program that has not this component`;
}

function olderVersion({ metadata }: KubernetesObject, current: string): string | undefined {
  const entries = (metadata.managedFields ?? []).filter(({ manager = "" }) => PULUMI.test(manager));
  return entries.map(({ apiVersion }) => apiVersion).find((apiVersion) => apiVersion !== current);
}
