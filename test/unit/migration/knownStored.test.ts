import { KnownStored } from "../../../components/migration/rewrite/knownStored";

test("knows the resourceVersions that were answered, in whatever order, and no other", () => {
  const known = new KnownStored();
  const answered = Array.from({ length: 1_000 }, (_, nth) => String(((nth * 7_919) % 100_003) * 2));
  answered.forEach((each) => known.add(each));
  expect(answered.filter((each) => !known.has(each))).toEqual([]);
  const others = answered.map((each) => String(Number(each) + 1));
  expect(others.filter((each) => known.has(each))).toEqual([]);
});

test("what is added after it was asked is known as well", () => {
  const known = new KnownStored();
  known.add("9");
  expect([known.has("9"), known.has("5")]).toEqual([true, false]);
  known.add("5");
  known.add("5");
  expect([known.has("9"), known.has("5"), known.has("7")]).toEqual([true, true, false]);
});

test.each([
  [undefined, undefined],
  ["", "0"],
  ["abc", "abc"],
  ["1.5", "1.5"],
  ["012", "12"],
  ["0x10", "16"],
  ["9007199254740993", "9007199254740992"], // both are 2^53 as a number
  ["9007199254740993", "9007199254740993"],
])("what is no whole number that can be told from its neighbours is never known: %p", (answered, listed) => {
  const known = new KnownStored();
  known.add(answered);
  expect(known.has(listed)).toBe(false);
});

test("one that knows nothing knows none", () => {
  expect(new KnownStored().has("1")).toBe(false);
});
