/** What is known when a pass over the objects of a CRD begins. */
export interface PassFacts {
  /** A webhook converts objects that are stored in another version. */
  readonly isConverting: boolean;
  /** An earlier pass of this run has converted every object. */
  readonly isConverted: boolean;
  /** A served version shows objects as they are stored, so that each rewrite can be told what it must leave of its object. */
  readonly hasGuard: boolean;
  /** Objects are stored in several older versions. */
  readonly isStoredInSeveral: boolean;
  /** An object was tried through every API server, by its own address. */
  readonly isTriedOnEach: boolean;
  /** There is to be a StorageVersionMigration, and this run has had none. */
  readonly isInTreeDue: boolean;
}

/** What goes before what in one pass. */
export interface PassOrder {
  /** Each rewrite names what it must find and leave. */
  readonly isGuarded: boolean;
  /** After the wait, before anything is rewritten: while we waited the webhook may have rolled, and the guard sees one old version only. */
  readonly isRehearsedAgain: boolean;
  /** Our own rewriting begins during the wait for requests in flight. */
  readonly isAhead: boolean;
  /** A StorageVersionMigration: none, at once, or when our own rewriting is through, since it converts on trust. */
  readonly inTree: "none" | "at once" | "after ours";
}

export function decideOrderOfPass(facts: PassFacts): PassOrder {
  const { isConverting, isConverted, hasGuard, isStoredInSeveral, isTriedOnEach, isInTreeDue } = facts;
  const isGuarded = isConverting && hasGuard;
  const isRehearsedAgain = isGuarded && !isConverted && isStoredInSeveral;
  const isTrusted = !isConverting || (isGuarded && !isRehearsedAgain);
  const inTree = isConverting ? "after ours" : "at once";
  return {
    isGuarded,
    isRehearsedAgain,
    // Where discovery alone speaks for a server, whose handlers may be behind what it shows, nothing is rewritten during the wait.
    isAhead: isTriedOnEach && !isConverted && isTrusted,
    inTree: isInTreeDue ? inTree : "none",
  };
}
