import type { Definition } from "../../crd/definition";

/** Tools that delete what they made once it is no longer in their source, and the mark that keeps them from it. */
export function notDeletedByOthers(live: Definition | undefined): string[] {
  const { name = "", labels = {}, annotations = {} } = live?.metadata ?? {};
  const found: string[] = [];
  const warn = (holder: string, mark: string): void =>
    void found.push(
      `${name}: ${holder} deletes this CRD and every object of it once its source no longer holds it; mark it before you remove it there: kubectl annotate crd ${name} ${mark}`,
    );
  const release = annotations["meta.helm.sh/release-name"];
  if (release !== undefined && annotations["helm.sh/resource-policy"] !== "keep") {
    warn(`the Helm release ${release}`, "helm.sh/resource-policy=keep");
  }
  const kustomization = labels["kustomize.toolkit.fluxcd.io/name"];
  if (kustomization !== undefined && annotations["kustomize.toolkit.fluxcd.io/prune"] !== "disabled") {
    warn(`Flux's Kustomization ${kustomization}`, "kustomize.toolkit.fluxcd.io/prune=disabled");
  }
  const application = annotations["argocd.argoproj.io/tracking-id"]?.split(":")[0];
  if (application !== undefined && !(annotations["argocd.argoproj.io/sync-options"] ?? "").includes("Prune=false")) {
    warn(`Argo CD's application ${application}`, "argocd.argoproj.io/sync-options=Prune=false,Delete=false");
  }
  return found;
}
