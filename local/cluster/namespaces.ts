import { spawnSync } from "node:child_process";

/** How a program gets Linux namespaces of its own here. */
export interface Unshare {
  command: string[];
  /** A user namespace is what allows it: https://man7.org/linux/man-pages/man7/user_namespaces.7.html. */
  inUserNamespace: boolean;
}

/** As it is, else inside a user namespace, as everybody but root must; what both were answered where neither goes. */
export function unshare(...kinds: ("--net" | "--uts")[]): Unshare | { refused: string } {
  const refused: string[] = [];
  for (const inUserNamespace of [false, true]) {
    const command = ["unshare", ...(inUserNamespace ? ["--user", "--map-root-user"] : []), ...kinds];
    const [program = "", ...args] = [...command, "true"];
    const tried = spawnSync(program, args, { encoding: "utf8", env: process.env });
    if (tried.status === 0) return { command, inUserNamespace };
    refused.push((tried.error?.message ?? tried.stderr).trim() || `${command.join(" ")} ended with ${tried.status}`);
  }
  return { refused: [...new Set(refused)].join("; ") };
}

/** Puts before a command what has it run in the network namespace that this process got. */
export function enterNetwork({ inUserNamespace }: Unshare, pid: number): string[] {
  return inUserNamespace
    ? ["nsenter", "--preserve-credentials", "--user", "--net", `--target=${pid}`]
    : ["nsenter", "--net", `--target=${pid}`];
}

/** Gives the UTS namespace that it runs in a hostname. */
export function named(host: string): string[] {
  return ["sh", "-c", 'hostname "$0" && exec "$@"', host];
}
