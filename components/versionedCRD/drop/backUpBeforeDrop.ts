import { backUpObjects } from "../../backup/backUpObjects";
import { whyBackupFolderNotWritable } from "../../backup/backupFolder";
import { runBackup } from "../../backup/runBackup";
import { storageVersion, type Definition } from "../../crd/definition";
import { describeProblem } from "../../kubernetes/problem";
import type { PhaseWork } from "../../provider/phaseLogic";
import type { DropInputs } from "../inputs";
import { withdrawnVersions } from "../stages";

/** What is wrong with the backup that is wanted, as far as that is known before anything runs. */
export async function previewDropBackup({ crd, versions, backup }: DropInputs, live: Definition): Promise<string[]> {
  if (backup === undefined || !("directory" in backup) || withdrawnVersions(live, versions).length === 0) return [];
  const problem = await whyBackupFolderNotWritable(backup.directory);
  return problem === undefined ? [] : [describeProblem({ ...problem, what: `${crd}: ${problem.what}` })];
}

/** The backup that was asked for, before drop's first write, and a sentence about it; nothing where none was. */
export async function backUpBeforeDrop(inputs: DropInputs, work: PhaseWork, live: Definition): Promise<string[]> {
  const { crd, group, plural, kind, backup } = inputs;
  if (backup === undefined) return [];
  if ("command" in backup) {
    await runBackup(crd, backup, work);
    return [`backed up by ${backup.command[0]}`];
  }
  const dropped = withdrawnVersions(live, inputs.versions).map(({ name }) => name);
  const of = {
    resource: { group, plural, version: storageVersion(live) },
    kind,
    name: `${crd}-drop-${dropped.join("-")}`,
    id: live.metadata.uid ?? "",
  };
  return [await backUpObjects(backup.directory, of, work)];
}
