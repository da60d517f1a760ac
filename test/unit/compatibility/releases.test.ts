import * as fs from "fs";
import { compareDefinitions } from "../../../components/compatibility/compareDefinitions";
import { readManifest } from "../../../components/crd/manifest";
import { checkout } from "../../../local/checkout";

/**
 * Pairs of releases in the shapes in which operators ship CRDs, each with its findings. They are made up here. After a
 * change of a check, `UPDATE_RELEASES=1` writes the findings anew; read the difference before it is committed.
 */
const FOLDER = checkout("test", "unit", "compatibility", "releases");
const releases = fs.readdirSync(FOLDER);
const expectedOf = (release: string): string => `${FOLDER}/${release}/expected.json`;

function found(release: string) {
  const [old, next] = ["old", "new"].map((name) => readManifest(`${FOLDER}/${release}/${name}.yaml`));
  return compareDefinitions(old!, next!).map(({ severity, check, path, what }) => ({ severity, check, path, what }));
}

test.each(releases)("release %s: each finding, and no other", (release) => {
  const findings = found(release);
  if (process.env["UPDATE_RELEASES"] === "1") {
    fs.writeFileSync(expectedOf(release), `${JSON.stringify(findings, undefined, 2)}\n`);
  }
  expect(findings).toEqual(JSON.parse(fs.readFileSync(expectedOf(release), "utf8")));
});

test("of thirty releases, at least twelve are harmless, and nothing is found in them", () => {
  expect(releases.length).toBeGreaterThanOrEqual(30);
  expect(releases.filter((release) => found(release).length === 0).length).toBeGreaterThanOrEqual(12);
});
