import { defineConversion } from "pulumi-kubernetes-storage-migration/conversion";
import { group, kind, versions } from "./schemas";

const SHELL = ["sh", "-c"];

export default defineConversion({
  group,
  kind,
  versions,
  steps: (step) => [
    step("v1alpha1", "v1beta1", (m) => [
      m.wrap("spec.target", () => [], { to: "spec.targets" }),
      m.rename("spec.paths", "spec.include"),
      m.map("spec.retention", "spec.retention", {
        up: (retention) => retention,
        // Two values came with v1beta1: the nearest is shown, and the real one comes back unless that is edited.
        down: (retention) => (retention === "Daily" ? "Daily" : "Weekly"),
      }),
    ]),
    step("v1beta1", "v1", (m) => [
      // "CRON_TZ=Europe/Berlin 0 3 * * *"; most have no time zone, so this is no split, which needs both parts.
      m.custom(["spec.schedule"], ["spec.cron", "spec.timeZone"], {
        up([schedule]) {
          const [, timeZone, cron] = /^CRON_TZ=(\S+) (.*)$/s.exec(schedule ?? "") ?? [];
          return cron === undefined ? [schedule, undefined] : [cron, timeZone];
        },
        down([cron, timeZone]) {
          if (cron === undefined) return undefined;
          return [timeZone === undefined ? cron : `CRON_TZ=${timeZone} ${cron}`];
        },
      }),
      m.each("spec.targets", (target) => [target.rename("prefix", "path"), target.added("region")]),
      m.each("spec.hooks", (hook) => [
        hook.map("run", "command", {
          up: (run) => [...SHELL, run],
          down: (command) => (isShell(command) ? command[2] : command.join(" ")),
        }),
        hook.added("timeoutSeconds"),
      ]),
    ]),
  ],
});

function isShell(command: readonly string[]): boolean {
  return command.length === 3 && SHELL.every((word, index) => command[index] === word);
}
