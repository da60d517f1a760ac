import type { StateBefore } from "../crd/entering";

/** Old inputs of the official resource are the manifest itself. */
export function stateBefore(olds: object | undefined): StateBefore {
  const { crd, kind, apiVersion } = (olds ?? {}) as { crd?: string; kind?: string; apiVersion?: string };
  if (crd !== undefined) return "ours";
  const isOfficial = kind === "CustomResourceDefinition" && apiVersion?.startsWith("apiextensions.k8s.io/") === true;
  return isOfficial ? "official" : "nothing";
}

/** The CRD that the state speaks of, whoever wrote it there. */
export function nameBefore(olds: object | undefined): string | undefined {
  const { crd, metadata } = (olds ?? {}) as { crd?: string; metadata?: { name?: string } };
  return crd ?? metadata?.name;
}
