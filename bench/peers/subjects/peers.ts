import { spawn } from "child_process";
import { once } from "events";
import { pipeline } from "stream/promises";
import { CRD, KIND } from "../../widgets";
import type { Absent, Stage, Subject } from "../stage";
import { findProgram, firstLineOf, runProgram } from "./programs";

/** Those that others wrote, or that work as others do; what cannot be had here is named. */
export async function findPeers(): Promise<{ peers: Subject[]; absent: Absent[] }> {
  const found = [
    await findProgram("crdmigrator").then(withProgram(crdmigrator)),
    ...(await findProgram("methods").then((program) => [
      withProgram(methodOf("kube-storage-version-migrator"))(program),
      withProgram(methodOf("cmctl", { onlyCrds: true }))(program),
    ])),
    await findProgram("kubectl").then(withProgram(kubectl)),
  ];
  return {
    peers: found.flatMap((each) => ("why" in each ? [] : [each])),
    absent: found.flatMap((each) => ("why" in each ? [each] : [])),
  };
}

interface Peer {
  name: string;
  onlyCrds?: boolean;
  run(program: string, stage: Stage): Promise<unknown>;
}

function withProgram(peer: Peer): (program: string | Absent) => Subject | Absent {
  const { name, onlyCrds = false } = peer;
  return (program) => {
    if (typeof program !== "string") return { name, why: program.why };
    return { name, onlyCrds, proves: false, run: async (stage) => void (await peer.run(program, stage)) };
  };
}

const crdmigrator: Peer = {
  name: "Cluster API's crdmigrator",
  onlyCrds: true,
  run: (program, stage) => runProgram(program, [...flagsOf(stage, ["group", "version"]), "-kind", KIND, "-crd", CRD]),
};

function methodOf(method: string, of: Pick<Peer, "onlyCrds"> = {}): Peer {
  return {
    ...of,
    name: `method of ${method}`,
    run: (program, stage) => runProgram(program, ["-method", method, ...flagsOf(stage)]),
  };
}

export function flagsOf(
  { local, resource }: Stage,
  of: readonly (keyof Stage["resource"])[] = ["group", "version", "plural"],
): string[] {
  return ["-kubeconfig", local.kubeconfig, ...of.flatMap((name) => [`-${name}`, resource[name]])];
}

const kubectl: Peer = {
  name: "kubectl get | kubectl replace",
  run: async (program, { local, resource: { group, plural, version } }) => {
    const resource = group === "" ? plural : `${plural}.${version}.${group}`;
    const common = ["--kubeconfig", local.kubeconfig];
    const get = spawn(program, [...common, "get", resource, "-A", "-o", "json"], { stdio: ["ignore", "pipe", "pipe"] });
    const replace = spawn(program, [...common, "replace", "-f", "-"], { stdio: ["pipe", "ignore", "pipe"] });
    const complaints: string[] = [];
    for (const { stderr } of [get, replace]) stderr.on("data", (text: Buffer) => complaints.push(text.toString()));
    const ended = Promise.all([once(get, "close"), once(replace, "close")]);
    await pipeline(get.stdout, replace.stdin).catch(() => undefined); // where one ended early, its exit code says more
    const codes = (await ended).map(([code]) => code as number | null);
    if (codes.some((code) => code !== 0)) {
      const first = firstLineOf(complaints.join(""));
      throw new Error(`kubectl ended with ${codes.join(" and ")}; expected 0 and 0: ${first}`);
    }
  },
};
