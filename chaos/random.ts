import { createHash } from "node:crypto";

/** Numbers that a seed alone decides. */
export class Random {
  private drawn = 0;

  constructor(private readonly seed: number) {}

  /** From 0 to 1, without 1. */
  next(): number {
    const digest = createHash("sha256").update(`${this.seed} ${this.drawn++}`).digest();
    return digest.readUInt32BE(0) / 2 ** 32;
  }

  /** Both ends included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  of<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.between(0, choices.length - 1)] ?? choices[0];
  }
}
