import { millisecondsUntilCompacted } from "../../../components/encryptionKeyRotation/retire/untilCompacted";

const at = (seconds: number): { at: string } => ({ at: new Date(seconds * 1_000).toISOString() });
const seconds = (now: number, ...proofs: number[]): number =>
  millisecondsUntilCompacted(proofs.map(at), 300, now * 1_000) / 1_000;

test("what the last proof overwrote is there until the next but one compaction", () => {
  expect(seconds(1_000, 1_000)).toBe(600);
  expect(seconds(1_350, 900, 1_000)).toBe(250);
  expect(seconds(1_600, 1_000)).toBe(0);
  expect(seconds(5_000, 1_000)).toBe(0);
});

test("a clock that was set back does not make it longer than from now on", () => {
  expect(seconds(1_000, 9_000)).toBe(600);
});

test("nothing proven, nothing to wait for", () => {
  expect(seconds(1_000)).toBe(0);
});
