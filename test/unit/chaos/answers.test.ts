import { learn, learnFromError } from "../../../chaos/answers";

const status = (reason: string, name?: string): object => ({ kind: "Status", reason, details: { name } });

test.each([
  ["2xx: it has happened", "update", 200, {}, { outcome: "ok" }],
  [
    "404 that names the object: it was not there",
    "update",
    404,
    status("NotFound", "o"),
    { outcome: "seen", action: { kind: "read", value: null } },
  ],
  ["404 of a path: nothing is learnt of the object", "read", 404, "404 page not found", { outcome: "refused" }],
  [
    "409 of a create: it was there",
    "create",
    409,
    status("AlreadyExists", "o"),
    { outcome: "seen", action: { kind: "exists" } },
  ],
  ["409 of a swap: somebody wrote in between", "swap", 409, status("Conflict", "o"), { outcome: "refused" }],
  ["429: it has not happened", "update", 429, {}, { outcome: "refused" }],
  ["500: it may have happened, or may yet", "update", 500, status("InternalError"), { outcome: "unknown" }],
  ["504: it may have happened, or may yet", "create", 504, status("Timeout"), { outcome: "unknown" }],
] as const)("%s", (_, kind, code, body, expected) => {
  expect(learn(kind, "o", { status: code, body })).toEqual(expected);
});

test("without a connection nothing was sent; one that ended meanwhile tells nothing", () => {
  expect(learnFromError(new Error("POST x: connect ECONNREFUSED 127.0.0.1:1"))).toEqual({ outcome: "refused" });
  expect(learnFromError(new Error("POST x: socket hang up"))).toEqual({ outcome: "unknown" });
});
