import { boundedProblemItems } from "../../kubernetes/problem";
import type { ManagerUse } from "../../migration/usage/describeUsage";
import type { RollbackReport } from "./report";
import { describeCount } from "../../kubernetes/count";
import { describeLostField } from "../../rollback/lostFields";

const SHOWN = 10;

/** A heading and its lines, for text and Markdown alike. */
export interface Section {
  readonly heading: string;
  readonly lines: readonly string[];
}

/** `nothing blocks it`, `2 things block it`. */
export function describeVerdict({ crd, to, blockers }: RollbackReport): string {
  const blocked = blockers.length === 0 ? "nothing blocks" : `${describeCount(blockers.length, "blocker")}`;
  return `${crd} back to ${to}: ${blocked}`;
}

/** Heads and rows: which versions there are, and in which of them an object may be stored. */
export function tableOfVersions({ versions }: RollbackReport): string[][] {
  const yes = (is: boolean): string => (is ? "yes" : "no");
  const rows = versions.map(({ name, served, storage, mayBeStored }) => [
    name,
    yes(served),
    yes(storage),
    yes(mayBeStored),
  ]);
  return [["VERSION", "SERVED", "STORAGE", "OBJECTS MAY BE STORED SO"], ...rows];
}

/** What was seen, besides the table and the blockers; empty ones left out. */
export function describeSections(report: RollbackReport): Section[] {
  const { to, storedVersions, lost, refused, clients, looked, writtenSince, notLookedAt, conversion, manifestOf } =
    report;
  const decides =
    conversion === "Webhook" ? "; the webhook decides what becomes of them, and the rehearsal shows it" : "";
  const sections: Section[] = [
    {
      heading: "seen",
      lines: [
        `storedVersions [${storedVersions.join(", ")}], conversion ${conversion}`,
        ...(manifestOf === "" ? [] : [`manifest of ${manifestOf}: it must apply nothing between these steps`]),
        ...refused,
        ...(writtenSince === undefined
          ? []
          : [`${describeCount(writtenSince, "object")} written since the last migration was proven (${looked})`]),
      ],
    },
    ...lost
      .filter(({ blocks }) => !blocks)
      .map(({ version, fields, looked }) => ({
        heading: `only ${version} holds, and ${to}'s schema does not (${looked})${decides}`,
        lines: boundedProblemItems(fields.slice(0, SHOWN).map(describeLostField), fields.length),
      })),
    ...clients.map(({ version, managers }) => ({
      heading: `clients that wrote through ${version} (${looked})`,
      lines: boundedProblemItems(managers.slice(0, SHOWN).map(describeManager), managers.length),
    })),
    { heading: "not looked at", lines: notLookedAt },
  ];
  return sections.filter(({ lines }) => lines.length > 0);
}

function describeManager({ manager, objects, last }: ManagerUse): string {
  return `${manager}: ${describeCount(objects, "object")}${last === "" ? "" : `, last ${last}`}`;
}

/** Above the steps. */
export function describeWhen({ blockers, steps, to }: RollbackReport): string {
  if (steps.length === 0) return `nothing to do: ${to} is stored alone, and there is no newer version`;
  return blockers.length === 0 ? "steps, in this order" : "steps, in this order, once nothing blocks";
}
