import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const CHUNK = Buffer.alloc(4_096);

/** A file system of its own that a few files can fill. */
export class SmallDisk {
  private readonly filler: string;

  private constructor(readonly dir: string) {
    this.filler = join(dir, "filler");
  }

  /** @returns undefined where only root may mount, and we are not */
  static mount(): SmallDisk | undefined {
    if (process.getuid?.() !== 0) return undefined;
    const dir = mkdtempSync(join(tmpdir(), "storage-migration-disk-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", dir]);
    return new SmallDisk(dir);
  }

  /** Until not a byte more goes in. */
  fill(): void {
    try {
      for (;;) writeFileSync(this.filler, CHUNK, { flag: "a" });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
  }

  free(): void {
    rmSync(this.filler, { force: true });
  }

  /** Whoever still has a file open there keeps it until then. */
  unmount(): void {
    execFileSync("umount", ["--lazy", this.dir]);
    rmdirSync(this.dir);
  }
}
