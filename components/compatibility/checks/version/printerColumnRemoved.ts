import type { Version } from "../../../crd/definition";
import type { VersionCheck } from "../../check";
import { describeChange } from "../../describeValue";

interface Column {
  name: string;
  jsonPath?: string;
}

const columnsOf = (version: Version): Column[] => (version["additionalPrinterColumns"] ?? []) as Column[];

export const printerColumnRemoved: VersionCheck = {
  id: "printer-column-removed",
  severity: "info",
  explain:
    "A column of `additionalPrinterColumns` is gone or shows another field. New columns and their order are no findings.",
  why: "`kubectl get` shows another table, which only a script that reads it by columns feels.",
  fix: "Nothing, unless scripts read the table.",
  keys: ["additionalPrinterColumns"],
  compare: (old, next) => {
    const after = new Map(columnsOf(next).map((column) => [column.name, column]));
    return columnsOf(old)
      .filter(({ name, jsonPath }) => after.get(name)?.jsonPath !== jsonPath)
      .map(({ name, jsonPath }) => ({
        below: `.additionalPrinterColumns.${name}`,
        what: describeChange("column", jsonPath, after.get(name)?.jsonPath),
      }));
  },
};
