import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import type { Schema } from "../../../../components/crd/definition";

/** The YAML of a CRD of example.com with one version and these fields of spec. */
export function databases(fields: Record<string, Schema>, plural = "databases"): string {
  const spec = { type: "object", properties: fields };
  return stringify({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural, kind: plural === "databases" ? "Database" : plural },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", properties: { spec } } },
        },
      ],
    },
  });
}

export interface Files {
  readonly folder: string;
  /** @returns the path of the file */
  write(name: string, text: string): string;
  remove(): void;
}

/** A folder of a test's own. */
export function files(): Files {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "check-"));
  return {
    folder,
    write(name, text) {
      const file = path.join(folder, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, text);
      return file;
    },
    remove: () => fs.rmSync(folder, { recursive: true }),
  };
}
