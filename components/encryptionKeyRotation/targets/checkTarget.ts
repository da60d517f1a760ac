import { UserError } from "../../kubernetes/errors";
import { whyNoProgram } from "../../programs/whyNoProgram";
import { parsePinnedHostKey } from "./hostKey";
import type { SshArgs, TargetArgs } from "./target";

const KINDS = ["file", "ssh", "commands"] as const;

/** What can be known of a target without touching it; throws a UserError. `where` names it, e.g. `targets[1]`. */
export function checkTarget(args: TargetArgs, where = "target"): void {
  const given = KINDS.filter((kind) => (args as unknown as Record<string, unknown>)[kind] !== undefined);
  if (given.length !== 1) {
    throw new UserError(`${where} has ${given.join(" and ") || "none"} of ${KINDS.join(", ")}; expected exactly one`);
  }
  if ("file" in args) checkTargetText(args.file, `${where}.file`, "a path");
  else if ("ssh" in args) checkSsh(args.ssh, `${where}.ssh`);
  else {
    checkTargetProgram(args.commands.read, `${where}.commands.read`);
    checkTargetProgram(args.commands.write, `${where}.commands.write`);
    checkTargetNumber(args.commands.timeout, `${where}.commands.timeout`);
  }
  if (args.reload !== undefined) checkTargetProgram(args.reload, `${where}.reload`);
}

function checkSsh(ssh: SshArgs, where: string): void {
  checkTargetText(ssh.host, `${where}.host`, "a name or an address");
  checkTargetText(ssh.path, `${where}.path`, "a path");
  if (!ssh.path.startsWith("/")) throw new UserError(`${where}.path is "${ssh.path}"; expected an absolute path`);
  checkTargetNumber(ssh.port, `${where}.port`);
  checkTargetNumber(ssh.timeout, `${where}.timeout`);
  const ways = (["privateKey", "privateKeyFile", "agent"] as const).filter((way) => ssh[way] !== undefined);
  if (ways.length !== 1) {
    throw new UserError(
      `${where} has ${ways.join(" and ") || "none"} of privateKey, privateKeyFile, agent; expected exactly one`,
    );
  }
  if (ssh.hostKey !== undefined) parsePinnedHostKey(ssh.hostKey, `${where}.hostKey`);
}

function checkTargetProgram(argv: unknown, where: string): void {
  const problem = whyNoProgram(argv, where);
  if (problem !== undefined) throw new UserError(problem);
}

function checkTargetText(value: unknown, where: string, expected: string): void {
  if (typeof value === "string" && value !== "") return;
  throw new UserError(`${where} is ${JSON.stringify(value) ?? "missing"}; expected ${expected}`);
}

function checkTargetNumber(value: unknown, where: string): void {
  if (value === undefined || (typeof value === "number" && value > 0)) return;
  throw new UserError(`${where} is ${JSON.stringify(value)}; expected a number above 0`);
}
