import { servedByName, storageVersion, type Definition } from "../crd/definition";
import { plannedAdmission, readAdmission, type AdmissionFound } from "../kubernetes/admission";
import type { Cluster } from "../kubernetes/cluster";
import { UserError } from "../kubernetes/errors";
import type { DroppedOwner, OwnersFound } from "../migration/ownerReferences";
import { findOwnedObjects, rewriteOwnedObjects } from "../migration/ownedObjects";
import { notLookedAt } from "../plan/notLookedAt";
import type { PhaseWork } from "../provider/phaseLogic";
import {
  admissionRulesBypassedAtServe,
  admissionRulesLostAtDrop,
  type AdmittedResource,
} from "./checks/admissionRules";
import { checkOwnersAtDrop } from "./checks/ownersAtDrop";
import type { DropInputs, PhaseInputs, ServeInputs } from "./inputs";
import { withdrawnVersions } from "./stages";
import { describeCount } from "../kubernetes/count";

/** What others in the cluster would make of the phase. */
export interface DependentsFound {
  problems: string[];
  warnings: string[];
}

/** Admission rules that a version about to be served would pass by. */
export async function checkDependentsAtServe(
  { manifest, ...inputs }: ServeInputs,
  cluster: Cluster,
  live: Definition | undefined,
  read = plannedAdmission,
): Promise<DependentsFound> {
  if (live === undefined) return { problems: [], warnings: [] };
  const isServed = servedByName(live);
  const today = Object.keys(isServed).filter((name) => isServed[name]);
  const added = manifest.spec.versions.filter(({ name, served }) => served && !today.includes(name));
  if (added.length === 0) return { problems: [], warnings: [] };
  const found = await read(cluster);
  const names = added.map(({ name }) => name);
  return {
    problems: admissionRulesBypassedAtServe(found.admissions, admitted(inputs), today, names),
    warnings: notRead(inputs, found, "matchPolicy Exact that leave out the new version"),
  };
}

/** Admission rules that would end with the versions that go. */
export async function checkDependentsAtDrop(
  inputs: DropInputs,
  cluster: Cluster,
  live: Definition,
  read = plannedAdmission,
): Promise<DependentsFound> {
  const dropped = withdrawnVersions(live, inputs.versions).map(({ name }) => name);
  if (dropped.length === 0) return { problems: [], warnings: [] };
  const isServed = servedByName(live);
  const remaining = inputs.versions.filter((name) => isServed[name] !== false); // serve may be about to add it
  const found = await read(cluster);
  return {
    problems: admissionRulesLostAtDrop(found.admissions, admitted(inputs), dropped, remaining),
    warnings: notRead(inputs, found, `only ${dropped.join(", ")}`),
  };
}

/**
 * Refuses to drop versions that others depend on, before anything is changed; only references of owned objects are written,
 * and only where that was asked for.
 */
export async function assertNoDependents(inputs: DropInputs, work: PhaseWork, live: Definition): Promise<void> {
  const { problems } = await checkDependentsAtDrop(inputs, work.cluster, live, readAdmission);
  if (problems.length > 0) throw new UserError(problems.join("\n"));
  const storageAPIVersion = `${inputs.group}/${storageVersion(live)}`;
  const owner: DroppedOwner = {
    apiVersions: withdrawnVersions(live, inputs.versions).map(({ name }) => `${inputs.group}/${name}`),
    kind: inputs.kind,
  };
  const check = (found: OwnersFound, rewritten: boolean, failed: readonly string[] = []): DependentsFound =>
    checkOwnersAtDrop(found, {
      crd: inputs.crd,
      owner,
      storageAPIVersion,
      declared: inputs.skipOwnerSearch,
      rewritten,
      failed,
    });

  const before = await findOwnedObjects(work.cluster, owner, work);
  const mayRewrite = inputs.ownerReferences === "rewrite" && before.found > 0;
  const first = check(mayRewrite ? { ...before, found: 0, named: [] } : before, false);
  if (first.problems.length > 0) throw new UserError(first.problems.join("\n"));
  for (const warning of first.warnings) work.warn(warning);
  if (!mayRewrite) return;

  const { rewritten, failed } = await rewriteOwnedObjects(work.cluster, owner, storageAPIVersion, work);
  work.warn(
    `${inputs.crd}: ${describeCount(rewritten, "object")} now ${rewritten === 1 ? "names" : "name"} ${storageAPIVersion} in their ownerReferences`,
  );
  const { problems: left } = check(await findOwnedObjects(work.cluster, owner, work), true, failed);
  if (left.length > 0) throw new UserError(left.join("\n"));
}

function admitted({ crd, group, plural, kind }: PhaseInputs): AdmittedResource {
  return { crd, group, plural, kind };
}

function notRead({ crd }: Pick<PhaseInputs, "crd">, { unread }: AdmissionFound, what: string): string[] {
  if (unread.length === 0) return [];
  return [
    notLookedAt(
      `${crd}: admission rules with ${what} were not checked for in ${unread.join(", ")}: not allowed to list them (403); grant list on them in admissionregistration.k8s.io, or look yourself`,
    ),
  ];
}
