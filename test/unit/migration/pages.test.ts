import type { ApiRequest, Caller, KubernetesObject } from "../../../components/kubernetes/api";
import { ApiError, UnreachableError } from "../../../components/kubernetes/errors";
import { listPages, pageSize } from "../../../components/migration/rewrite/pages";

const resource = { group: "g", version: "v1", plural: "foos" };
const options = {
  report: () => undefined,
  signal: new AbortController().signal,
  full: false,
  initializingSeconds: 0.2,
};
const object = (name: string): KubernetesObject => ({ metadata: { name } });

/** Pages by continue token; an error instead of a page is thrown once. */
function lister(pages: Record<string, (object | Error)[]>): Caller & { requests: ApiRequest[] } {
  const requests: ApiRequest[] = [];
  return {
    requests,
    call<T>(request: ApiRequest) {
      requests.push(request);
      const answers = pages[(request.query?.["continue"] as string | undefined) ?? ""] ?? [];
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer as T);
    },
  };
}

const failure = (status: number) => new ApiError("no", status, "", "no", { method: "GET", path: "/" });

async function names(caller: Caller): Promise<string[]> {
  const found: string[] = [];
  for await (const page of listPages(caller, resource, options)) {
    found.push(...page.objects.map(({ metadata }) => metadata.name));
  }
  return found;
}

const twoPages = {
  "": [{ metadata: { resourceVersion: "7", continue: "a", remainingItemCount: 1 }, items: [object("x")] }],
  a: [{ metadata: { resourceVersion: "7" }, items: [object("y")] }],
};

test("every page, each with the list's resourceVersion and what remains", async () => {
  const pages = [];
  for await (const page of listPages(lister(twoPages), resource, options)) pages.push(page);
  expect(pages).toEqual([
    { objects: [object("x")], listResourceVersion: "7", remaining: 2 },
    { objects: [object("y")], listResourceVersion: "7", remaining: 1 },
  ]);
});

test("an empty collection, whose metadata-only list says items: null", async () => {
  expect(await names(lister({ "": [{ metadata: { resourceVersion: "7" }, items: null }] }))).toEqual([]);
});

test("the next page is under way before this one is done", async () => {
  const caller = lister(twoPages);
  const pages = listPages(caller, resource, options);
  await pages.next();
  expect(caller.requests).toHaveLength(2);
});

test("a list that outlasts the server's time-out is asked for again, with half as many objects at a time", async () => {
  const caller = lister({ ...twoPages, "": [failure(504), failure(503), ...twoPages[""]] });
  expect(await names(caller)).toEqual(["x", "y"]);
  expect(caller.requests.map(({ query }) => query?.["limit"])).toEqual([1000, 500, 500, 1000]);
});

test("a page larger than this process takes is asked for again at once, with a quarter as many objects", async () => {
  const tooLarge = new UnreachableError("too large", "ANSWER_TOO_LARGE");
  const caller = lister({ ...twoPages, "": [tooLarge, tooLarge, ...twoPages[""]] });
  expect(await names(caller)).toEqual(["x", "y"]);
  expect(caller.requests.map(({ query }) => query?.["limit"])).toEqual([1000, 250, 63, 1000]);
  const one = lister({ "": [tooLarge] });
  await expect(names(one)).rejects.toThrow("too large");
  expect(one.requests.at(-1)?.query?.["limit"]).toBe(1);
});

test("a refusal is not asked for again; an internal error twice, and no more", async () => {
  const refused = lister({ "": [failure(403)] });
  await expect(names(refused)).rejects.toMatchObject({ status: 403 });
  expect(refused.requests).toHaveLength(1);
  const caller = lister({ "": [failure(500)] });
  await expect(names(caller)).rejects.toMatchObject({ status: 500 });
  expect(caller.requests).toHaveLength(3);
});

test("a page that fails while this one is worked on is no unhandled rejection", async () => {
  const pages = listPages(lister({ ...twoPages, a: [failure(500)] }), resource, options);
  await pages.next();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await expect(pages.next()).rejects.toThrow();
});

test("whole objects: so many that a page stays near 4 MiB", () => {
  const large = { metadata: { name: "l" }, spec: "x".repeat(1024 * 1024) };
  expect(pageSize([large], 20)).toBe(3);
  expect(pageSize([object("s")], 20)).toBe(500);
  expect(pageSize([{ metadata: { name: "h" }, spec: "x".repeat(8 * 1024 * 1024) }], 20)).toBe(1);
  expect(pageSize([], 20)).toBe(20);
});
