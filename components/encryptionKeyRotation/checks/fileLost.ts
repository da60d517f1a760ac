import { fullReportHash, shortHashOfEncryptionReport } from "../../kubernetes/encryptionReport";
import type { Problem } from "../../kubernetes/problem";
import { type LiveConfiguration, NO_FILE } from "../liveConfiguration";
import type { RotationRecord } from "../proof/record";
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

/** Where the targets hold no file, a server that loaded one has the only copy of its keys, until it loads the next one or restarts. */
export function whyFileLost({ servers }: Reported, { write }: Pick<RotationRecord, "write">): Problem | undefined {
  // A file that we took away again: no object was under its keys.
  const taken = write?.to === fullReportHash(sha256OfText("")) ? write.from : undefined;
  const loaded = servers.find(({ hash }) => hash !== undefined && hash !== taken);
  if (loaded?.hash === undefined) return undefined;
  return {
    what: `the targets hold no file, or an empty one, and API server ${loaded.host} runs with ${shortHashOfEncryptionReport(loaded.hash)}`,
    expected: "the file that the API servers run with",
    why: "the file that would be written lacks the keys of that one, and no object under them could be read any more",
    next: `put that file back (\`sha256sum\` of it says ${fullReportHash(loaded.hash).slice("sha256:".length)}), or correct \`targets\` where it lies elsewhere, and restart no API server before that; then run \`pulumi up\` again`,
  };
}
