import { decideOrderOfPass, type PassFacts } from "../../../components/migration/definition/orderOfPass";

const none: PassFacts = {
  isConverting: false,
  isConverted: false,
  hasGuard: true,
  isStoredInSeveral: false,
  isTriedOnEach: true,
  isInTreeDue: true,
};
const webhook: PassFacts = { ...none, isConverting: true };

test.each<[string, PassFacts, ReturnType<typeof decideOrderOfPass>]>([
  [
    "conversion None: our own rewriting and the StorageVersionMigration begin at once",
    none,
    { isGuarded: false, isRehearsedAgain: false, isAhead: true, inTree: "at once" },
  ],
  [
    "several old versions need no other order, where nothing converts",
    { ...none, isStoredInSeveral: true },
    { isGuarded: false, isRehearsedAgain: false, isAhead: true, inTree: "at once" },
  ],
  [
    "a webhook: our own begins at once, under the guard; the StorageVersionMigration comes after it",
    webhook,
    { isGuarded: true, isRehearsedAgain: false, isAhead: true, inTree: "after ours" },
  ],
  [
    "a webhook, and no version that shows objects as they are stored: nothing is rewritten during the wait",
    { ...webhook, hasGuard: false },
    { isGuarded: false, isRehearsedAgain: false, isAhead: false, inTree: "after ours" },
  ],
  [
    "a webhook, and several old versions: they are rehearsed once more after the wait, and the StorageVersionMigration comes last",
    { ...webhook, isStoredInSeveral: true },
    { isGuarded: true, isRehearsedAgain: true, isAhead: false, inTree: "after ours" },
  ],
  [
    "API servers without an address of their own: nothing is rewritten during the wait",
    { ...none, isTriedOnEach: false },
    { isGuarded: false, isRehearsedAgain: false, isAhead: false, inTree: "at once" },
  ],
  [
    "the same through a webhook",
    { ...webhook, isTriedOnEach: false },
    { isGuarded: true, isRehearsedAgain: false, isAhead: false, inTree: "after ours" },
  ],
  [
    "a pass after one that converted every object: nothing ahead of it, and what was written since is under the guard",
    { ...webhook, isConverted: true, isStoredInSeveral: true, isInTreeDue: false },
    { isGuarded: true, isRehearsedAgain: false, isAhead: false, inTree: "none" },
  ],
  [
    "without a StorageVersionMigration",
    { ...webhook, isInTreeDue: false },
    { isGuarded: true, isRehearsedAgain: false, isAhead: true, inTree: "none" },
  ],
])("%s", (_, facts, order) => {
  expect(decideOrderOfPass(facts)).toEqual(order);
});
