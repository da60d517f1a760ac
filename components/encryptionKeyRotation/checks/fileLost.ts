import { fullReportHash, shortHashOfEncryptionReport } from "../../kubernetes/encryptionReport";
import type { Problem } from "../../kubernetes/problem";
import { type LiveConfiguration, NO_FILE } from "../liveConfiguration";
import type { RecordedWrite, RotationRecord } from "../proof/record";
import type { Reported } from "../servers/reports";
import { sha256OfText } from "../targets/text";

/** Every target can be looked at, and none holds anything: before a first encryption, or since the file was lost. Not where a first write of ours was cut off. */
export function isFileMissing({
  text,
  sha256,
  cutOff,
}: Pick<LiveConfiguration, "text" | "sha256" | "cutOff">): boolean {
  return text === "" && sha256 !== NO_FILE && cutOff === undefined;
}

const NONE = fullReportHash(sha256OfText(""));
const MISSING = "the targets hold no file, or an empty one";
const FIRST =
  "where no API server runs with --encryption-provider-config any more, write a file with `identity: {}` for your resources first";

/**
 * Where the targets hold no file, a server that loaded one has the only copy of its keys, until it loads the next one or restarts. Before
 * 1.34 no server tells which file that is: that it loads any shows in its counters, and what a rotation wrote in the record.
 */
export function whyFileLost({ servers }: Reported, { write }: Pick<RotationRecord, "write">): Problem | undefined {
  // A file that we took away again: no object was under its keys.
  const taken = write?.to === NONE ? write.from : undefined;
  const loaded = servers.find(({ hash }) => hash !== undefined && hash !== taken);
  if (loaded?.hash !== undefined) {
    const next = `put that file back (${describeSum(loaded.hash)})`;
    return lost(`API server ${loaded.host} runs with ${shortHashOfEncryptionReport(loaded.hash)}`, next);
  }
  const silent = servers.filter(({ hash, unencrypted }) => hash === undefined && unencrypted !== true);
  if (taken !== undefined || silent.length === 0) return undefined;
  const recorded = write && fileOnRecord(write);
  if (recorded !== undefined) {
    const next = `put the last file back (${describeSum(recorded)}, if nobody changed it since), or, ${FIRST}`;
    return lost(`a rotation has seen ${shortHashOfEncryptionReport(recorded)} there`, next);
  }
  const loads = silent.find(({ reloads, failures }) => reloads + failures > 0);
  return loads && lost(`API server ${loads.host} counts loads of one`, "put that file back");
}

/** A write is recorded before it is done, and may have been cut off there: then what was before it was there, if anything. */
function fileOnRecord({ from, to, loaded }: RecordedWrite): string | undefined {
  const seen = loaded === true ? to : from;
  return seen === NONE ? undefined : seen;
}

function describeSum(hash: string): string {
  return `\`sha256sum\` of it says ${hash.slice("sha256:".length)}`;
}

function lost(found: string, next: string): Problem {
  return {
    what: `${MISSING}, and ${found}`,
    expected: "the file that the API servers run with",
    why: "the file that would be written lacks the keys of that one, and no object under them could be read any more",
    next: `${next}, or correct \`targets\` where it lies elsewhere, and restart no API server before that; then run \`pulumi up\` again`,
  };
}
