import { type IdentityLease, staleIdentityLeases } from "../../../components/kubernetes/identityLeases";

const lease = (name: string, resourceVersion: string): IdentityLease => ({
  name,
  host: name,
  resourceVersion,
  holder: name,
});

test("a Lease that was renewed moved, whatever its times say", () => {
  expect(staleIdentityLeases([lease("a", "1")], [lease("a", "2")])).toEqual([]);
});

test("a Lease that is as it was stands still", () => {
  expect(staleIdentityLeases([lease("a", "1"), lease("b", "2")], [lease("a", "1"), lease("b", "3")])).toEqual([
    lease("a", "1"),
  ]);
});

test("a Lease that was deleted belongs to a server that ended properly", () => {
  expect(staleIdentityLeases([lease("a", "1")], [])).toEqual([]);
});

test("a Lease that came since is not waited for", () => {
  expect(staleIdentityLeases([], [lease("a", "1")])).toEqual([]);
});
