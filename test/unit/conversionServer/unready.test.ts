import { join } from "node:path";
import { startBundle } from "./running";

jest.setTimeout(60_000);

const unready = join(__dirname, "conversions", "unready.ts");

test.each([
  ["fails the object", "fail", "SelfieRequest self"],
  ["is refused", "throw", "told to"],
  ["loses its thread", "exit", "the conversion ended its thread"],
])("a server whose conversion of its own %s is not ready, and says why; it lives", async (_, BREAKS, why) => {
  const running = await startBundle(unready, { BREAKS });
  try {
    expect(await running.send("GET", "/readyz")).toMatchObject({
      status: 503,
      text: expect.stringContaining(why) as string,
    });
    expect(await running.send("GET", "/healthz")).toMatchObject({ status: 200 });
  } finally {
    await running.end();
  }
});
