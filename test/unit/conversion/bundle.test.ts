import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const folder = join(__dirname, "../../../components/conversion");

test("the conversion SDK imports itself and Node's own modules, so that it can be bundled without Pulumi", () => {
  const imported = readdirSync(folder).flatMap((file) => {
    const text = readFileSync(join(folder, file), "utf8");
    return [
      ...text.matchAll(/^(?:(?:import|export) [^"]*?from |import )"([^"]+)";$|(?:import|require)\("([^"]+)"\)/gm),
    ].map(([, name, called]) => name ?? called);
  });
  expect(imported.length).toBeGreaterThan(20);
  expect(imported.filter((name) => !/^(\.\/[a-zA-Z]+|node:[a-z]+)$/.test(name ?? ""))).toEqual([]);
});
