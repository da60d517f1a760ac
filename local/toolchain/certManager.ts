import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../checkout";
import { cached } from "./cache";
import { digestOf } from "./digest";
import { findGo } from "./go";
import { goBuild, moduleFolder } from "./goBuild";

/** cert-manager, built from its Go module. */
export interface CertManager {
  /** `controller` and `cainjector` are its first arguments. */
  program: string;
  /** A folder of manifests. */
  crds: string;
}

const source = checkout("local", "certManager");

export async function findCertManager(): Promise<CertManager> {
  const inputs = ["go.mod", "go.sum", "main.go"].map((name) => join(source, name));
  const key = digestOf(inputs, [process.platform, process.arch]);
  const folder = await cached({ name: "cert-manager", key, make });
  return { program: join(folder, "cert-manager"), crds: join(folder, "crds") };
}

async function make(folder: string): Promise<void> {
  const go = await findGo();
  const output = join(folder, "cert-manager");
  await goBuild(go, { subject: "cert-manager", folder: source, package: ".", output });
  const crds = join(await moduleFolder(go, source, "github.com/cert-manager/cert-manager"), "deploy", "crds");
  mkdirSync(join(folder, "crds"));
  for (const name of readdirSync(crds).filter((each) => each.endsWith(".yaml"))) {
    copyFileSync(join(crds, name), join(folder, "crds", name));
  }
}
