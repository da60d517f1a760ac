import * as fc from "fast-check";
import { acceptedByApiServer } from "../../../components/encryptionKeyRotation/checks/acceptedByApiServer";
import { checkRotation } from "../../../components/encryptionKeyRotation/checks/checkRotation";
import { parseConfiguration } from "../../../components/encryptionKeyRotation/configuration/parseConfiguration";
import { renderConfiguration } from "../../../components/encryptionKeyRotation/configuration/renderConfiguration";
import { effectiveKeyOrder } from "../../../components/encryptionKeyRotation/configuration/effectiveKeys";
import { keyOrdersToUndoTo, undoEdit } from "../../../components/encryptionKeyRotation/edit/undoEdit";
import { after, entry, file, files, materialFor, RESOURCES, rotations, secretOf, told, want } from "./situations";

const situations = fc
  .record({ live: files, desired: rotations })
  .filter(({ live, desired }) => checkRotation(live, desired, materialFor(desired)).errors.length === 0);

test("from the file that distribute or promote wrote, and names alone, the keys are as they were before, with their bytes", () => {
  fc.assert(
    fc.property(situations, ({ live, desired }) => {
      let before = live;
      for (const stage of ["distribute", "promote"] as const) {
        const written = after(stage, before, desired);
        // As it is read back by the next run, in another process.
        const order = JSON.parse(JSON.stringify(keyOrdersToUndoTo(before, desired.resources))) as ReturnType<
          typeof keyOrdersToUndoTo
        >;
        const again = undoEdit(parseConfiguration(renderConfiguration(written), "file x"), order);
        if (again === undefined) throw new Error("not undone");
        for (const resource of RESOURCES)
          expect(effectiveKeyOrder(again, resource)).toEqual(effectiveKeyOrder(before, resource));
        expect(acceptedByApiServer(again)).toEqual([]);
        before = written;
      }
    }),
    { numRuns: 150 },
  );
});

test("of a file that we wrote it is the very same text", () => {
  const live = file(entry("secrets", "secretbox:a"), entry("*.apps", "aescbc:c"));
  const written = after("distribute", live, want("secrets", "kms:vault"));
  const again = undoEdit(written, keyOrdersToUndoTo(live, ["secrets"]));
  expect(again && renderConfiguration(again)).toBe(renderConfiguration(live));
});

test("a plain cluster's first file is undone to plain data", () => {
  const written = after("distribute", file(), want("secrets", "kms:vault"));
  const again = undoEdit(written, keyOrdersToUndoTo(file(), ["secrets"]));
  expect(again && told(again)).toEqual(["secrets = identity"]);
});

test("a KMS provider's timeout is as it was", () => {
  const live = file(entry("secrets", "kms:vault"));
  const [provider] = live.entries[0]?.providers ?? [];
  if (provider?.kind === "kms") provider.timeout = "5s";
  const shorter = structuredClone(live);
  const [short] = shorter.entries[0]?.providers ?? [];
  if (short?.kind === "kms") short.timeout = "1ns";
  expect(undoEdit(shorter, keyOrdersToUndoTo(live, ["secrets"]))).toEqual(live);
});

test("what retire took away cannot come back from names: undefined, not less than was there", () => {
  const desired = want("secrets", "secretbox:b");
  const promoted = after("promote", after("distribute", file(entry("secrets", "secretbox:a")), desired), desired);
  expect(undoEdit(after("retire", promoted, desired), keyOrdersToUndoTo(promoted, ["secrets"]))).toBeUndefined();
});

test("no order holds a key's bytes", () => {
  const live = file(entry("secrets", "secretbox:a aescbc:c"));
  const text = JSON.stringify(keyOrdersToUndoTo(live, ["secrets"]));
  for (const secret of [secretOf("secretbox", "a"), secretOf("aescbc", "c")]) expect(text).not.toContain(secret);
  expect(keyOrdersToUndoTo(live, ["secrets"])).toEqual({
    secrets: [
      { kind: "secretbox", name: "a" },
      { kind: "aescbc", name: "c" },
    ],
  });
});
