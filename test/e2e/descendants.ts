import * as fs from "fs";

/** All that a process has started and they in turn. Of every thread: Go starts processes from whichever it is on. */
export function descendants(pid: number): number[] {
  const threads = fs.readdirSync(`/proc/${pid}/task`);
  const listed = threads.flatMap((thread) =>
    fs.readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(/\s+/),
  );
  const children = listed.filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

export async function hasEnded(pid: number): Promise<void> {
  while (fs.existsSync(`/proc/${pid}`)) await new Promise((resolve) => setTimeout(resolve, 200));
}
