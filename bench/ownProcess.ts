import { fork } from "child_process";
import * as path from "path";
import type { Cluster as LocalCluster } from "../local/cluster/cluster";
import type { Pass, PassOptions } from "./rewriteProcess";

/** One direct pass over all widgets, whose memory is no other work's. It says how far it is, and why it fails. */
export function passInItsOwnProcess(local: LocalCluster, options: PassOptions): Promise<Pass> {
  const program = path.join(__dirname, "rewriteProcess.js");
  const child = fork(program, [local.kubeconfig, JSON.stringify(options)]);
  return new Promise((resolve, reject) => {
    let pass: Pass | undefined;
    child.once("message", (message) => (pass = message as Pass));
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0 && pass !== undefined) resolve(pass);
      else reject(new Error(`the pass ended with ${signal ?? `exit code ${code}`}; expected 0`));
    });
  });
}
