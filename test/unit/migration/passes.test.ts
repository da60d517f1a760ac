import { type PassResult, passUntilProven } from "../../../components/migration/rewrite/passes";

const clean: PassResult<string> = { unchanged: true, definition: "uid 3", distinct: true, result: "" };
const moved = { ...clean, unchanged: false };
const balanced = { ...clean, distinct: false };

/** Runs these passes; each result is its place. */
async function proven(...passes: PassResult<string>[]) {
  const said: string[] = [];
  let ran = 0;
  const pass = (): Promise<PassResult<string>> => {
    const next = passes[ran++];
    return next === undefined
      ? Promise.reject(new Error(`pass ${ran} was not expected`))
      : Promise.resolve({ ...next, result: `pass ${ran}` });
  };
  return { ...(await passUntilProven(pass, (why) => said.push(why))), said };
}

test("one clean pass is proof where every API server was asked by its own address", async () => {
  expect(await proven(clean)).toEqual({ result: "pass 1", clean: 1, said: [] });
});

test("a pass during which something moved is repeated", async () => {
  expect(await proven(moved, moved, clean)).toMatchObject({ result: "pass 3", clean: 1 });
});

test("a control plane that never stands still is an error, not a proof", async () => {
  await expect(proven(moved, moved, moved)).rejects.toThrow(
    /changed during each of 3 passes.*storedVersions is as it was/s,
  );
});

test("where API servers cannot be distinguished, two clean passes in a row are needed, and the row says so", async () => {
  const { said, ...rest } = await proven(balanced, balanced);
  expect(rest).toEqual({ result: "pass 2", clean: 2 });
  expect(said).toEqual(["clean, but the API servers cannot be distinguished: a second pass has to find the same"]);
});

test("in a row: what moved in between begins the count anew", async () => {
  expect(await proven(balanced, { ...balanced, unchanged: false }, balanced, balanced)).toMatchObject({
    result: "pass 4",
  });
});

test("both of the same definition: one edited between the passes begins the count anew", async () => {
  const edited = { ...balanced, definition: "uid 4" };
  expect(await proven(balanced, edited, edited)).toMatchObject({ result: "pass 3", clean: 2 });
});

test("a balancer noticed in the first pass counts for the second", async () => {
  expect(await proven(balanced, clean)).toMatchObject({ result: "pass 2", clean: 2 });
});
