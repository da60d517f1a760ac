import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../checkout";
import { cached } from "./cache";
import { digestOf } from "./digest";
import { findGo } from "./go";
import { goBuild } from "./goBuild";

export const kubernetesVersions = ["1.37", "1.36", "1.30"] as const;
export type KubernetesVersion = (typeof kubernetesVersions)[number];

/** The Kubernetes version asked for: `--kubernetes 1.36`, else KUBERNETES_VERSION, else the newest. */
export function chosenVersion(args: string[], env: NodeJS.ProcessEnv = process.env): KubernetesVersion {
  const at = args.findIndex((arg) => arg === "--kubernetes" || arg.startsWith("--kubernetes="));
  const [asked, from] =
    at >= 0
      ? [args[at]?.split("=")[1] ?? args[at + 1] ?? "", "--kubernetes"]
      : [env["KUBERNETES_VERSION"] || kubernetesVersions[0], "KUBERNETES_VERSION"];
  const found = kubernetesVersions.find((version) => version === asked.replace(/^v/, ""));
  if (!found) throw new Error(`${from}: found "${asked}"; expected one of ${kubernetesVersions.join(", ")}`);
  return found;
}

const sources = ["main.go", "lease.go", "lease_1_30.go", "encryption.go", "network_linux.go", "network_other.go"];

/** One binary that is etcd, kube-apiserver and kube-controller-manager of that version. */
export async function controlPlaneBinary(version: KubernetesVersion): Promise<string> {
  const source = checkout("local", "controlplane");
  const modfile = version === kubernetesVersions[0] ? undefined : `kubernetes-${version}.mod`;
  const inputs = [modfile ?? "go.mod", modfile?.replace(/mod$/, "sum") ?? "go.sum", ...sources].map((name) =>
    join(source, name),
  );
  const release = releaseIn(readFileSync(join(source, modfile ?? "go.mod"), "utf8"));
  const folder = await cached({
    name: `kubernetes-${version}`,
    key: digestOf(inputs, [process.platform, process.arch]),
    make: async (target) =>
      goBuild(await findGo(), {
        subject: `control plane, Kubernetes ${release.version}`,
        folder: source,
        package: ".",
        output: join(target, "controlplane"),
        variables: {
          "k8s.io/component-base/version.gitVersion": `v${release.version}`,
          "k8s.io/component-base/version.gitMajor": release.major,
          "k8s.io/component-base/version.gitMinor": release.minor,
        },
        ...(modfile && { modfile }),
        ...(version === "1.30" && { tags: ["kubernetes_1_30"] }),
      }),
  });
  return join(folder, "controlplane");
}

function releaseIn(modfile: string): { version: string; major: string; minor: string } {
  const [, version = "", major = "", minor = ""] = /^\s*k8s\.io\/kubernetes v((\d+)\.(\d+)\.\d+)$/m.exec(modfile) ?? [];
  if (!version)
    throw new Error(
      "no line `k8s.io/kubernetes vX.Y.Z` in the control plane's go.mod; expected one: restore local/controlplane from git",
    );
  return { version, major, minor };
}
