import { type ChildProcess, fork } from "child_process";
import { once } from "events";
import * as path from "path";
import type { Cluster as LocalCluster } from "../../local/cluster/cluster";

/** What another client met: how long each request took, in milliseconds, and how many were answered with 429. */
export interface Seen {
  readonly GET: number[];
  readonly PUT: number[];
  refused: number;
}

/** Somebody else's client, in a process of its own: our event loop is not what it measures. */
export class OtherClient {
  /** Rejects when the process ends, which it should not. */
  readonly ended: Promise<never>;

  private constructor(private readonly child: ChildProcess) {
    this.ended = once(child, "exit").then(([code]) => {
      throw new Error(`the other client ended with exit code ${String(code)}; expected it to go on`);
    });
    this.ended.catch(() => undefined); // it does at `stop`, when nobody listens any more
  }

  /** It begins at once, so that its connection and its code are warm when it is measured. */
  static async start(local: LocalCluster): Promise<OtherClient> {
    const rules = [{ apiGroups: [""], resources: ["configmaps"], verbs: ["create", "get", "update"] }];
    const kubeconfig = await local.userKubeconfig("another-client", rules);
    return new OtherClient(fork(path.join(__dirname, "otherClientProcess.js"), [kubeconfig]));
  }

  begin(): void {
    this.child.send("begin");
  }

  /** Since `begin`. */
  async end(): Promise<Seen> {
    const answer = once(this.child, "message");
    this.child.send("end");
    const [seen] = (await Promise.race([answer, this.ended])) as [Seen];
    return seen;
  }

  stop(): void {
    if (this.child.connected) this.child.disconnect();
  }
}
