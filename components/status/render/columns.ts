import type { CrdFacts } from "../facts";
import type { JudgedCrd } from "../finding";
import { describeManifestOwners } from "../manifestOwners";

export interface Column {
  readonly head: string;
  readonly cell: (crd: JudgedCrd) => string;
}

const column = (head: string, cell: Column["cell"]): Column => ({ head, cell });

const NARROW: readonly Column[] = [
  column("NAME", ({ facts }) => facts.name),
  column("STORAGE", ({ facts }) => facts.storage),
  column("STORED", ({ facts }) => facts.storedVersions.join(",")),
  column("SERVED", ({ facts }) => served(facts)),
  column("OBJECTS", ({ facts }) => objects(facts)),
  column("CONVERSION", ({ facts }) => conversion(facts)),
  column("VERDICT", ({ verdict }) => verdict),
];

const WIDE: readonly Column[] = [
  column("PROOF", ({ facts }) => proof(facts)),
  column("CERTIFICATE ENDS", ({ facts }) => firstEnd(facts) ?? "-"),
  column("MANIFEST OF", ({ facts }) => describeManifestOwners(facts) || "-"),
];

export function columnsOfTable(isWide: boolean): Column[] {
  return isWide ? [...NARROW, ...WIDE] : [...NARROW];
}

function served({ versions }: CrdFacts): string {
  return (
    versions
      .filter((version) => version.served)
      .map(({ name }) => name)
      .join(",") || "-"
  );
}

function objects({ objects }: CrdFacts): string {
  return objects.state === "counted" ? String(objects.count) : objects.state === "unreadable" ? "unreadable" : "?";
}

function conversion({ webhook }: CrdFacts): string {
  if (webhook === undefined) return "None";
  const { answer, caBundle } = webhook;
  if (caBundle.wrong !== undefined || answer.state === "problem") return "webhook problem";
  return answer.state === "ok" || answer.state === "unused" ? `webhook ${answer.state}` : "webhook ?";
}

function proof({ proof }: CrdFacts): string {
  return proof === undefined ? "-" : proof.valid ? `at ${proof.resourceVersion}` : "outdated";
}

/** The day on which conversion ends unless somebody renews a certificate. */
function firstEnd({ webhook }: CrdFacts): string | undefined {
  return [webhook?.caBundle.ends, webhook?.serverCertificateEnds]
    .filter((end) => end !== undefined)
    .sort()[0]
    ?.slice(0, 10);
}
