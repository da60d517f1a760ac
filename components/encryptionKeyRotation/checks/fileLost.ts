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

const EMPTY = fullReportHash(sha256OfText(""));
const WHERE_NONE_IS =
  "where no API server runs with --encryption-provider-config any more, write a file with `identity: {}` for your resources first";

/**
 * Where the targets hold no file, a server that loaded one has the only copy of its keys, until it loads the next one or restarts. Before
 * 1.34 no server tells which file it runs with. Its counters tell that it loads one, and the record of a rotation tells what was there.
 */
export function whyFileLost({ servers }: Reported, { write }: Pick<RotationRecord, "write">): Problem | undefined {
  // A file that we took away again: no object was under its keys.
  const taken = write?.to === EMPTY ? write : undefined;
  const loaded = servers.find(({ hash }) => hash !== undefined && hash !== taken?.from);
  if (loaded?.hash !== undefined) {
    const next = `put that file back (${describeSum(loaded.hash)})`;
    return lost(`API server ${loaded.host} runs with ${shortHashOfEncryptionReport(loaded.hash)}`, next);
  }
  const silent = servers.filter(({ hash, unencrypted }) => hash === undefined && unencrypted !== true);
  const recorded = silent.length > 0 ? fileOnRecord(write) : undefined;
  if (recorded !== undefined) {
    const next = `put the last file back (${describeSum(recorded)}, if nobody changed it since), or, ${WHERE_NONE_IS}`;
    return lost(`a rotation has seen ${shortHashOfEncryptionReport(recorded)} there`, next);
  }
  // What a server counted before it started anew was perhaps the file that we took away.
  const since = taken === undefined ? -Infinity : Date.parse(taken.at);
  const loads = silent.find(
    ({ reloads, failures, started }) => reloads + failures > 0 && !(Number(started) * 1_000 <= since),
  );
  return loads && lost(`API server ${loads.host} counts loads of one`, `put that file back, or, ${WHERE_NONE_IS}`);
}

/** A write is recorded before it is done, and may have been cut off there: then what was before it was there, if anything. */
function fileOnRecord(write: RecordedWrite | undefined): string | undefined {
  if (write === undefined || write.to === EMPTY) return undefined;
  // What was taken back is there from the moment that it was recorded; `from` is the file that was refused.
  const seen = write.loaded === true || write.since.restored === true ? write.to : write.from;
  return seen === EMPTY ? undefined : seen;
}

function describeSum(hash: string): string {
  return `\`sha256sum\` of it says ${fullReportHash(hash).slice("sha256:".length)}`;
}

function lost(found: string, next: string): Problem {
  return {
    what: `the targets hold no file, or an empty one, and ${found}`,
    expected: "the file that the API servers run with",
    why: "the file that would be written lacks the keys of that one, and no object under them could be read any more",
    next: `${next}, or correct \`targets\` where it lies elsewhere, and restart no API server before that; then run \`pulumi up\` again`,
  };
}
