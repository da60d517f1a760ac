import { stringify } from "yaml";
import { runCommand } from "../runCommand";
import { databases, files, type Files } from "./manifests";

let here: Files;
beforeAll(() => void (here = files()));
afterAll(() => here.remove());

const version = (maximum: number, plural?: string) => databases({ port: { type: "integer", maximum } }, plural);
const accepted = { check: "maximum-lowered", path: "v1.spec.port", reason: "no port above 5 was ever given" };

async function check(acknowledgements: unknown, ...options: string[]) {
  const ack = typeof acknowledgements === "string" ? acknowledgements : stringify(acknowledgements);
  const [old, next] = [here.write("old.yaml", version(9)), here.write("new.yaml", version(5))];
  return runCommand("check", old, next, "--ack", here.write("ack.yaml", ack), ...options);
}

test("an acknowledged error is shown with its reason and fails nothing", async () => {
  expect(await check([accepted])).toEqual({
    code: 0,
    out: [
      "databases.example.com: v1",
      "  acknowledged maximum-lowered",
      "    v1.spec.port  maximum 9 → 5",
      "    reason: no port above 5 was ever given",
      "",
      "1 acknowledged; 1 CRD compared",
      "",
    ].join("\n"),
    err: "",
  });
});

test("every form says so", async () => {
  expect(JSON.parse((await check([accepted], "--json")).out)).toMatchObject({
    findings: [{ check: "maximum-lowered", severity: "error", acknowledged: accepted.reason }],
  });
  expect((await check([accepted], "--markdown")).out).toMatch(/^\| acknowledged \|.+accepted: no port above 5/m);
  expect((await check([accepted], "--sarif")).out).toContain(`"justification": "${accepted.reason}"`);
});

test("JSON is read as well", async () => {
  expect(await check(JSON.stringify([{ ...accepted, crd: "databases.example.com" }]))).toMatchObject({ code: 0 });
});

test("one that matches nothing => exit code 2, with its line", async () => {
  for (const other of [{ path: "v1.spec.host" }, { check: "minimum-raised" }, { crd: "caches.example.com" }]) {
    const { code, out, err } = await check([accepted, { ...accepted, ...other }]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(/^an acknowledgement of --ack matches nothing:\n {4}\S*ack.yaml:4: /);
  }
});

test("in several CRDs a finding of that name needs crd", async () => {
  const both = (maximum: number) => `${version(maximum)}---\n${version(maximum, "caches")}`;
  const run = (...entries: object[]) =>
    runCommand(
      ...["check", here.write("old.yaml", both(9)), here.write("new.yaml", both(5))],
      ...["--ack", here.write("ack.yaml", stringify(entries))],
    );
  const unclear = await run(accepted);
  expect(unclear.code).toBe(2);
  expect(unclear.err).toMatch(/matches findings of 2 CRDs:\n {4}caches.example.com\n {4}databases.example.com\n/);
  const one = await run({ ...accepted, crd: "caches.example.com" });
  expect([one.code, one.out.endsWith("1 error, 1 acknowledged; 2 CRDs compared\n")]).toEqual([1, true]);
  const all = ["caches", "databases"].map((plural) => ({ ...accepted, crd: `${plural}.example.com` }));
  expect(await run(...all)).toMatchObject({ code: 0 });
});

test.each([
  ["", /ack.yaml: found no list of acknowledgements\n {2}expected: a list of \{ check, path, reason \}/],
  ["check: x", /ack.yaml: found no list/],
  ["- x", /ack.yaml:1: check is missing or no text, path is missing or no text, reason is missing or no text/],
  [[{ ...accepted, reason: " " }], /ack.yaml:1: reason is missing or no text/],
  [[{ ...accepted, why: "x" }], /ack.yaml:1: why is none of its keys/],
  [[{ ...accepted, crd: 1 }], /ack.yaml:1: crd is no text/],
  [[accepted, { ...accepted, reason: "again" }], /ack.yaml:4: says again what \S*ack.yaml:1 says/],
])("%j => exit code 2", async (acknowledgements, said) => {
  const { code, err } = await check(acknowledgements);
  expect(code).toBe(2);
  expect(err).toMatch(said);
});

test("a file that is not there => exit code 2", async () => {
  const { code, err } = await runCommand("check", "a", "b", "--ack", `${here.folder}/none.yaml`);
  expect(code).toBe(2);
  expect(err).toMatch(/^--ack \S*none.yaml: cannot be read \(ENOENT\)\n/);
});
