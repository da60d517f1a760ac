import { isFileMissing, whyFileLost } from "../../../components/encryptionKeyRotation/checks/fileLost";
import { assertNotOvertaken } from "../../../components/encryptionKeyRotation/edit/mayWrite";
import { rollBackFile } from "../../../components/encryptionKeyRotation/edit/rollBackFile";
import type { Write } from "../../../components/encryptionKeyRotation/edit/recordEdit";
import { NO_FILE } from "../../../components/encryptionKeyRotation/liveConfiguration";
import type { Reported } from "../../../components/encryptionKeyRotation/servers/reports";
import type { OpenTarget } from "../../../components/encryptionKeyRotation/targets";
import { ReloadFailed } from "../../../components/encryptionKeyRotation/targets/reload";
import { sha256OfText } from "../../../components/encryptionKeyRotation/targets/text";
import { fullReportHash } from "../../../components/kubernetes/encryptionReport";
import { type Hold, NO_HOLD } from "../../../components/kubernetes/lockHold";
import { TerminalError, UserError } from "../../../components/kubernetes/errors";
import { describeProblem } from "../../../components/kubernetes/problem";
import { reportedBy } from "./reportedBy";

const reported = (...hashes: (string | undefined)[]): Reported =>
  reportedBy(...hashes.map((hash) => (hash === undefined ? {} : { hash })));

test("a file is missing where there are targets and none holds anything", () => {
  expect(isFileMissing({ text: "", sha256: sha256OfText("") })).toBe(true);
  expect(isFileMissing({ text: "", sha256: NO_FILE })).toBe(false);
  expect(isFileMissing({ text: "{}", sha256: sha256OfText("{}") })).toBe(false);
  expect(isFileMissing({ text: "", sha256: sha256OfText(""), cutOff: "{}" })).toBe(false); // our first write reached others
});

test("a file that we took away again is not lost, whoever still runs with it", () => {
  const from = "sha256:0123456789abcdef";
  const write = { from, to: fullReportHash(sha256OfText("")), at: "", since: reported() };
  expect(whyFileLost(reported(undefined, from), { write })).toBeUndefined();
  expect(whyFileLost(reported("sha256:fedcba9876543210", from), { write })?.what).toContain("cp-1");
});

test("a first encryption: no API server runs with a file, and none is lost", () => {
  expect(whyFileLost(reported(undefined, undefined), {})).toBeUndefined();
});

test("one API server that runs with a file is enough: it has the only copy of the keys", () => {
  const problem = whyFileLost(reported(undefined, "sha256:0123456789abcdef"), {});
  expect(problem && describeProblem(problem)).toMatch(
    /hold no file, or an empty one, and API server cp-2 runs with sha256:0123456789ab\n {2}expected: .*\n {2}why: .*\n {2}next: .*says 0123456789abcdef\)/,
  );
});

describe("before 1.34, where no API server tells which file it runs with", () => {
  const to = "sha256:0123456789abcdef";
  const none = fullReportHash(sha256OfText(""));
  const write = { from: none, to, at: "", since: reported(), loaded: true } as const;
  const { loaded: _, ...cutOff } = write;

  test("what a rotation wrote there is lost, and so is what a server counts loads of", () => {
    const written = whyFileLost(reported(undefined), { write });
    expect(written && describeProblem(written)).toMatch(
      /hold no file, or an empty one, and a rotation has seen sha256:0123456789ab there\n[^]*next: +put the last file back \(.*says 0123456789abcdef, if nobody changed it since\), or, where no API server/,
    );
    const earlier = whyFileLost(reported(undefined), { write: { ...cutOff, from: "sha256:fedcba9876543210" } });
    expect(earlier?.what).toContain("a rotation has seen sha256:fedcba987654 there");
    const refused = { ...cutOff, from: "sha256:fedcba9876543210", since: { ...reported(), restored: true as const } };
    expect(whyFileLost(reported(undefined), { write: refused })?.next).toContain("says 0123456789abcdef"); // not the one that was refused
    for (const counters of [{ reloads: 1 }, { failures: 1 }]) {
      expect(whyFileLost(reportedBy({}, counters), {})?.what).toContain("API server cp-2 counts loads of one");
    }
  });

  test("nothing is where we took it away again, nor where every server says that it runs with none", () => {
    const taken = { ...write, from: to, to: none, at: "2026-01-01T00:00:00Z" };
    expect(whyFileLost(reportedBy({ failures: 1 }), { write: taken })).toBeUndefined();
    const later = { started: String(Date.parse(taken.at) / 1_000 + 60) };
    expect(whyFileLost(reportedBy({ ...later }), { write: taken })).toBeUndefined();
    expect(whyFileLost(reportedBy({ ...later, reloads: 1 }), { write: taken })?.what).toContain("cp-1 counts loads");
    expect(
      whyFileLost(reportedBy({ unencrypted: true }, { unencrypted: true, failures: 1 }), { write }),
    ).toBeUndefined();
  });
});

test("a run that finds its lock taken right after its write ends there, whatever else it lost, and says which keys may be in no file", async () => {
  const targets = [{ name: "file config.yaml" }];
  const isLost = (): Promise<void> => Promise.reject(new UserError("the lock is lost: store of them took it"));
  const error: unknown = await assertNotOvertaken({ lock: { ...NO_HOLD, assertNotTaken: isLost } }, targets).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TerminalError); // not begun anew from the file that it has spoiled
  expect((error as Error).message).toMatch(
    /^the lock is lost: store of them took it; .* written file config.yaml, .*\n/,
  );
  await assertNotOvertaken({ lock: NO_HOLD }, targets);
});

describe("a rejected file is taken back", () => {
  /** A target that holds `text`, and a cluster that takes no record. */
  async function rolledBack(
    before: string,
    write?: () => void,
    { isTaken = false } = {},
  ): Promise<{ told: string; held: string }> {
    let held = "rejected";
    const target: OpenTarget = {
      name: "file config.yaml",
      read: () => Promise.resolve(held),
      write: (text) => {
        write?.();
        held = text;
        return Promise.resolve();
      },
      tidy: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
    const of = (text: string): Write["before"] => ({
      text,
      sha256: sha256OfText(text),
      configuration: { entries: [] },
    });
    const cluster = { call: () => Promise.reject(new UserError("not there")) };
    // The refused file keeps the API server down, so the lock was not renewed.
    const lock: Hold = {
      assertHeld: () => Promise.reject(new Error("not renewed")),
      assertNotTaken: () => (isTaken ? Promise.reject(new UserError("another one took it")) : Promise.resolve()),
    };
    const error = await rollBackFile(
      { recordIn: "kube-system", decommissionedServers: [] } as never,
      { cluster, report: () => undefined, signal: new AbortController().signal, lock } as never,
      [target],
      { before: of(before), after: of("rejected"), since: reported() },
      new ReloadFailed("cp-1", "cp-1 refuses it"),
    );
    return { told: error.message, held };
  }

  test("to the file before it", async () => {
    const { told, held } = await rolledBack("good");
    expect(held).toBe("good");
    expect(told).toMatch(/the last good file is back in file config\.yaml/);
  });

  test("to no file, where there was none: it is not said that a good one is back", async () => {
    const { told, held } = await rolledBack("");
    expect(held).toBe("");
    expect(told).toMatch(/as before, there is no file in file config\.yaml, and no object was touched/);
    expect(told).not.toMatch(/last good file/);
  });

  test("but not once another run has the lock: that one looks at what is there", async () => {
    const { told, held } = await rolledBack("good", undefined, { isTaken: true });
    expect(held).toBe("rejected");
    expect(told).toMatch(/putting the last good file back failed as well: .*another one took it/);
  });

  test("nor where that fails", async () => {
    const { told } = await rolledBack("", () => {
      throw new UserError("read-only");
    });
    expect(told).toMatch(/taking the file away again failed as well[^]*take it away by hand/);
    expect(told).not.toMatch(/last good file/);
  });
});
