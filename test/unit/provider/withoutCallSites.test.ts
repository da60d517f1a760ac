import { withoutCallSites } from "../../../components/provider/withoutCallSites";

test("no stack is taken meanwhile, also by who sets the limit anew, as the SDK does", () => {
  const stacks = withoutCallSites(() => {
    const short = new Error("first").stack;
    Error.stackTraceLimit = Infinity;
    return [short, new Error("second").stack];
  });
  expect(stacks).toEqual(["Error: first", "Error: second"]);
});

test("afterwards stacks are what they were, also after an error", () => {
  const { stackTraceLimit } = Error;
  const failed = (): never =>
    withoutCallSites(() => {
      throw new Error("no such resource");
    });
  expect(failed).toThrow("no such resource");
  expect(Error.stackTraceLimit).toBe(stackTraceLimit);
  expect(new Error("later").stack).toMatch(/withoutCallSites\.test\.ts/);
});
