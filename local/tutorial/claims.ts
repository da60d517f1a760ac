import { say } from "../say";

/** Counts what was claimed and seen. A claim that fails is told with what was found, and the rest goes on. */
export class Claims {
  passed = 0;
  failed = 0;
  private halted = false;

  /** `probe` throws when the claim does not hold. A text it returns is evidence to show. */
  async check(claim: string, probe: () => unknown): Promise<boolean> {
    const { holds, text } = await outcomeOf(probe);
    // Nothing is counted any more: this process is about to end, and so is what the claim was about.
    if (this.halted) return new Promise(() => undefined);
    if (holds) this.passed++;
    else this.failed++;
    say(holds ? `  ✓ ${claim}${text && ` (${text})`}` : `  ✗ ${claim}: ${text}`);
    return holds;
  }

  /** From now on whoever makes a claim waits for ever. */
  halt(): void {
    this.halted = true;
  }

  /** The last line of a run. */
  toString(): string {
    return `${this.passed} passed, ${this.failed} failed`;
  }
}

async function outcomeOf(probe: () => unknown): Promise<{ holds: boolean; text: string }> {
  try {
    const evidence = await probe();
    return { holds: true, text: typeof evidence === "string" ? evidence : "" };
  } catch (error) {
    return { holds: false, text: (error as Error).message };
  }
}

export function equal(found: unknown, expected: unknown): void {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)];
  if (left !== right) throw new Error(`found ${left}; expected ${right}`);
}
