import { type Definition, definitionPath } from "../../crd/definition";
import { type Caller, type KubernetesObject, MetadataOnly, objectName } from "../../kubernetes/api";
import { hasErrorStatus, UserError } from "../../kubernetes/errors";
import { withoutRetries } from "../../kubernetes/retry";
import { sleep } from "../../kubernetes/sleep";

/** So many objects may be sent on the strength of one look at the CRD, and for so long. */
export const WRITES_A_LOOK = 40;
const LOOK_HOLDS_MS = 250;
/** While nothing of ours is sent: during waits, and while kube-controller-manager rewrites. */
const IDLE_LOOK_MS = 1_000;

/** Its CRD was edited while objects were rewritten: what that one knew of them may not hold any more. */
export class DefinitionMovedUnderway extends UserError {
  constructor(
    crd: string,
    /** Objects that were sent since it was last seen as it was. */
    readonly exposed: readonly string[],
  ) {
    super(`${crd}: the CRD was changed while its objects were rewritten`);
  }
}

/**
 * Keeps an eye on a CRD while its objects are rewritten. A write is encoded in the storage version that the API server knows at that
 * moment, and no precondition of the write can name it: where it has moved to one that knows less, each write loses something. So
 * nothing is sent but shortly after a look, and few at a time.
 */
export class UnmovedDefinition {
  private readonly name: string;
  private readonly expected: string;
  private readonly moved = new AbortController();
  private readonly underway = new Map<symbol, string>();
  /** Since the last look. */
  private sent: readonly string[] = [];
  /** Not answered yet when the last look began. */
  private carried: readonly string[] = [];
  private lookedAt = -Infinity;
  private looking: Promise<void> | undefined;

  constructor(
    private readonly cluster: Caller,
    { metadata }: Definition,
  ) {
    this.name = metadata.name;
    this.expected = identityOf(metadata);
  }

  /** Aborts, with a DefinitionMovedUnderway, once it was seen to have moved. */
  get signal(): AbortSignal {
    return this.moved.signal;
  }

  /** Sends a write, after a look where the last one does not carry it. */
  async sending<T>(object: KubernetesObject, send: () => Promise<T>): Promise<T> {
    while (this.sent.length >= WRITES_A_LOOK || performance.now() - this.lookedAt > LOOK_HOLDS_MS) await this.look();
    this.moved.signal.throwIfAborted();
    const name = objectName(object);
    const turn = Symbol(name);
    this.sent = [...this.sent, name];
    this.underway.set(turn, name);
    // In time, so that nobody waits for it where it is quick.
    if (this.sent.length >= WRITES_A_LOOK / 2) void this.look().catch(() => undefined);
    try {
      return await send();
    } finally {
      this.underway.delete(turn);
    }
  }

  /** Runs `act` and looks again at its end. @throws DefinitionMovedUnderway, whatever became of `act` */
  async during<T>(act: () => Promise<T>): Promise<T> {
    const ended = new AbortController();
    const watching = this.watch(ended.signal);
    try {
      const result = await act();
      await this.looking?.catch(() => undefined); // one that is under way may have read the CRD before the last write
      await this.look();
      return result;
    } catch (error) {
      this.moved.signal.throwIfAborted();
      throw error;
    } finally {
      ended.abort(new Error("ended"));
      await watching;
    }
  }

  private async look(): Promise<void> {
    this.looking ??= this.lookOnce().finally(() => (this.looking = undefined));
    await this.looking;
    this.moved.signal.throwIfAborted();
  }

  private async lookOnce(): Promise<void> {
    // These may land after the look, which says nothing of them.
    const underway = [...this.underway.values()];
    const sent = this.sent.length;
    const now = await this.read();
    if (now !== this.expected) {
      this.moved.abort(new DefinitionMovedUnderway(this.name, [...new Set([...this.carried, ...this.sent])].sort()));
      return;
    }
    this.carried = underway;
    this.sent = this.sent.slice(sent);
    this.lookedAt = performance.now();
  }

  private async read(): Promise<string> {
    try {
      const path = definitionPath(this.name);
      const { metadata } = await this.cluster.call<Pick<Definition, "metadata">>({
        method: "GET",
        path,
        accept: MetadataOnly.object,
      });
      return identityOf(metadata);
    } catch (error) {
      if (hasErrorStatus(error, 404)) return "gone";
      throw error;
    }
  }

  /** Never rejects: where a look fails, the next write or the end of the pass looks again. */
  private async watch(ended: AbortSignal): Promise<void> {
    while (!ended.aborted && !this.moved.signal.aborted) {
      await sleep(IDLE_LOOK_MS, ended).catch(() => undefined);
      if (!ended.aborted) await withoutRetries(() => this.look()).catch(() => undefined);
    }
  }
}

/** A status that moves, such as storedVersions, changes nothing of how objects are encoded. */
function identityOf({ uid, generation }: Definition["metadata"]): string {
  return `${uid ?? ""} ${generation ?? 0}`;
}
