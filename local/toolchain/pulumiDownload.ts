import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { checkout } from "../checkout";
import { Progress } from "./progress";

/** The CLI that belongs to the SDK in node_modules: what `PulumiCommand.install` takes when it is told no version. */
export const officialVersion = (
  JSON.parse(readFileSync(checkout("node_modules", "@pulumi", "pulumi", "package.json"), "utf8")) as { version: string }
).version;

const installScript = "https://get.pulumi.com/install.sh";
const reachMilliseconds = 8_000;
const installMilliseconds = 10 * 60_000;

/** Puts the official CLI and its language hosts into `folder`, by the Automation API's own installer. Gives up within seconds where there is no way to the download. */
export async function installOfficialPulumi(folder: string): Promise<void> {
  await reachPulumi();
  const progress = new Progress(`Pulumi CLI ${officialVersion}`);
  const ticking = setInterval(() => progress.update("downloading the official release"), 1000);
  try {
    await install(folder);
    progress.end("downloaded");
  } finally {
    clearInterval(ticking);
    progress.clear();
  }
}

/** @throws within seconds where there is no way to Pulumi's downloads */
export async function reachPulumi(): Promise<void> {
  try {
    const response = await fetch(installScript, { method: "HEAD", signal: AbortSignal.timeout(reachMilliseconds) });
    if (!response.ok) throw new Error(`${installScript} answered ${response.status}`);
  } catch (error) {
    const { name, message, cause } = error as Error & { cause?: Error };
    throw new Error(
      name === "TimeoutError"
        ? `${installScript} did not answer within ${reachMilliseconds / 1000} s`
        : (cause?.message ?? message),
    );
  }
}

// In a process of its own: the installer knows no deadline, and what it starts must end with it.
function install(folder: string): Promise<void> {
  const program =
    "require('@pulumi/pulumi/automation').PulumiCommand.install({ root: process.argv[1] }).catch((e) => { console.error(e.message); process.exit(1); })";
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["-e", program, folder], {
      cwd: checkout(),
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let complaint = "";
    child.stderr.on("data", (data: Buffer) => (complaint += data.toString()));
    const deadline = setTimeout(() => {
      complaint = `not done after ${installMilliseconds / 60_000} min`;
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    }, installMilliseconds);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(deadline);
      if (code === 0) resolve();
      else reject(new Error(`the installer failed: ${complaint.trim().slice(0, 300)}`));
    });
  });
}
