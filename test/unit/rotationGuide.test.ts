import * as fs from "fs";
import { parse } from "yaml";
import { rightsForRotation, rightsForRotationPreview } from "../../components";

const guide = fs.readFileSync("docs/rotation.md", "utf8");
const block = (comment: string): string =>
  [...guide.matchAll(/```yaml\n([^]*?)```/g)].map(([, text = ""]) => text).find((text) => text.startsWith(comment)) ??
  "";

test("the guide lists the rights that the package names", () => {
  expect(parse(block("# preview\n"))).toEqual(rightsForRotationPreview({ resources: ["secrets"] }));
  expect(parse(block("# up\n"))).toEqual(rightsForRotation({ resources: ["secrets"] }));
});
