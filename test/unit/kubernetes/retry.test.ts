import { ApiError, CredentialsError, UnreachableError } from "../../../components/kubernetes/errors";
import { decideRetry, type Verdict } from "../../../components/kubernetes/retry";
import { WebhookError } from "../../../components/migration/rehearsal/webhookClient";
import { decideRetryOfObject } from "../../../components/migration/rewrite/decideRetryOfObject";

const answered = (status: number, message = "no", retryAfterSeconds?: number) =>
  new ApiError(message, status, "", message, { method: "PATCH", path: "/" }, retryAfterSeconds);
const first = { tried: 1, sinceFirstMs: 0, lastMs: 5 };
const late = { tried: 50, sinceFirstMs: 301_000, lastMs: 5 };
const retry = (verdict: Verdict) => verdict.kind === "retry";

test.each([400, 403, 413, 422])("%d is the object's own, and is not tried again", (status) => {
  expect(decideRetry(answered(status), first)).toEqual({ kind: "failed", general: false });
});

test("429 waits as long as it says, and slows the others down", () => {
  expect(decideRetry(answered(429, "busy", 7), first)).toEqual({ kind: "retry", afterMs: 7_000, overloaded: true });
  expect(decideRetry(answered(429), late)).toEqual({ kind: "failed", general: true });
});

test("503 and an API server that restarts are waited for, for a minute", () => {
  expect(retry(decideRetry(answered(503), first))).toBe(true);
  expect(retry(decideRetry(new UnreachableError("gone", "ECONNREFUSED"), first))).toBe(true);
  expect(decideRetry(new UnreachableError("gone", "ECONNREFUSED"), late)).toEqual({ kind: "failed", general: true });
});

test.each([502, 503, 504])("%d is asked again at least once, however long the first answer took", (status) => {
  const slow = { tried: 1, sinceFirstMs: 65_000, lastMs: 65_000 };
  expect(retry(decideRetry(answered(status), slow))).toBe(true);
  expect(retry(decideRetry(answered(status), { ...slow, tried: 2 }))).toBe(false);
});

test("a certificate that is not trusted does not become so by waiting", () => {
  expect(retry(decideRetry(new UnreachableError("no", "CERT_HAS_EXPIRED"), first))).toBe(false);
});

test("429 while a cache fills is waited for; once it says which object cannot be read, not", () => {
  expect(retry(decideRetry(answered(429, "storage is (re)initializing"), first))).toBe(true);
  const why = "storage is (re)initializing: conversion webhook for g/v1, Kind=K failed";
  expect(retry(decideRetry(answered(429, why), first))).toBe(false);
});

test("an object that lost races is tried again; any other conflict is for whoever wrote", () => {
  expect(retry(decideRetryOfObject(answered(409), first))).toBe(true);
  expect(retry(decideRetryOfObject(answered(409), { ...first, tried: 6 }))).toBe(false);
  expect(retry(decideRetry(answered(409), first))).toBe(false);
});

test("500 is tried three times; that it took a webhook's time-out, only once", () => {
  expect([1, 2, 3].map((tried) => decideRetry(answered(500), { ...first, tried }).kind)).toEqual([
    "retry",
    "retry",
    "failed",
  ]);
  expect(decideRetry(answered(500), { ...first, lastMs: 30_000 }).kind).toBe("failed");
});

test("a webhook that cannot be reached is nobody's own; one that says no is the object's", () => {
  const at = { ...first, tried: 9, sinceFirstMs: 15_000 };
  const unreachable = 'conversion webhook for g/v1, Kind=K failed: Post "https://h/": dial tcp: connection refused';
  expect(decideRetry(answered(500, unreachable), at)).toEqual({ kind: "failed", general: true });
  const refused = "conversion webhook for g/v1, Kind=K failed: no port";
  expect(decideRetry(answered(500, refused), at)).toEqual({ kind: "failed", general: false });
  expect(decideRetryOfObject(new WebhookError("refused", "no port"), at)).toEqual({ kind: "failed", general: false });
  expect(decideRetryOfObject(new WebhookError("slow", "30 s"), at)).toEqual({ kind: "failed", general: true });
});

test.each<[string, Error]>([
  [
    "of a conversion",
    answered(500, 'conversion webhook for g/v1, Kind=K failed: Post "https://h/": dial tcp: connection refused'),
  ],
  [
    "of a LIST that meets it first",
    answered(
      500,
      'failed to read one or more foos.g from the storage: StorageError: corrupt object, Code: 7, Key: /registry/g/foos/a, ResourceVersion: 0, AdditionalErrorMsg: conversion webhook for g/v1, Kind=K failed: Post "https://h/": dial tcp 127.0.0.1:1: connect: connection refused (and 3 more)',
    ),
  ],
  ["of admission", answered(500, 'failed calling webhook "w": failed to call webhook: Post "https://h/": EOF')],
  ["of a Service", answered(500, 'failed calling webhook "w": no endpoints available for service "w"')],
  ["that we ask ourselves", new WebhookError("down", "nothing listens")],
])("a webhook whose container restarts is waited for, for ten seconds: one %s", (_whose, error) => {
  const at = (sinceFirstMs: number) => decideRetryOfObject(error, { tried: 7, sinceFirstMs, lastMs: 5 });
  expect(at(9_000)).toMatchObject({ kind: "retry" });
  expect(at(10_000)).toEqual({ kind: "failed", general: true });
});

test("a webhook whose certificate is not trusted does not become so by waiting", () => {
  const message = 'conversion webhook for g/v1, Kind=K failed: Post "https://h/": x509: certificate has expired';
  expect(decideRetry(answered(500, message), { ...first, tried: 3 })).toEqual({ kind: "failed", general: true });
});

test("a missing right is missing for every object", () => {
  const denied = 'foos.g is forbidden: User "u" cannot patch resource "foos" in API group "g"';
  expect(decideRetry(answered(403, denied), first)).toEqual({ kind: "failed", general: true });
});

test("credentials that are refused or cannot be had are refused for every object", () => {
  expect(decideRetry(answered(401), first)).toEqual({ kind: "failed", general: true });
  expect(decideRetry(new CredentialsError("the plugin failed"), first)).toEqual({ kind: "failed", general: true });
});

test("anything that was not an answer is no reason to try again", () => {
  expect(decideRetry(new TypeError("bug"), first)).toEqual({ kind: "failed", general: false });
});
