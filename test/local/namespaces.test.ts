import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unshare } from "../../local/cluster/namespaces";

const path = process.env["PATH"];
let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "namespaces-"))));
afterEach(() => {
  process.env["PATH"] = path;
  rmSync(dir, { recursive: true, force: true });
});

/** An `unshare` that goes or refuses as asked. */
function standIn(script: string): void {
  writeFileSync(join(dir, "unshare"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  process.env["PATH"] = `${dir}:${path}`;
}

test("allowed as it is => no user namespace", () => {
  standIn("exit 0");
  expect(unshare("--net", "--uts")).toEqual({ command: ["unshare", "--net", "--uts"], inUserNamespace: false });
});

test("allowed only inside a user namespace, as to everybody but root => there", () => {
  standIn('[ "$1" = --user ]');
  expect(unshare("--net")).toEqual({
    command: ["unshare", "--user", "--map-root-user", "--net"],
    inUserNamespace: true,
  });
});

test("not allowed => what the system said", () => {
  standIn('echo "unshare: unshare failed: Operation not permitted" >&2; exit 1');
  expect(unshare("--net")).toEqual({ refused: "unshare: unshare failed: Operation not permitted" });
});

test("no such program => said too", () => {
  process.env["PATH"] = dir;
  expect(unshare("--net")).toEqual({ refused: "spawnSync unshare ENOENT" });
});
