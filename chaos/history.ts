/**
 * One operation of a client on one object.
 *
 * create: it was not there, now it has the value. update: it was there, now it has the value. swap: it had the value `from`,
 * now it has the other one. delete: it was there, now it is not. read: it had the value, or (null) was not there.
 * exists: it was there, with whatever value.
 */
export type Action =
  | { readonly kind: "create" | "update"; readonly value: string }
  | { readonly kind: "swap"; readonly from: string; readonly value: string }
  | { readonly kind: "read"; readonly value: string | null }
  | { readonly kind: "delete" | "exists" };

/** What is known of its effect: it was answered, or it may have happened at any time since, or never. */
export type Outcome = "ok" | "unknown";

export interface Operation {
  readonly object: string;
  readonly client: string;
  readonly action: Action;
  readonly outcome: Outcome;
  /** Its place among all beginnings and ends; of an unknown one the end is Infinity. */
  readonly invoked: number;
  readonly completed: number;
  /** Of the object, as the answer tells it. */
  readonly resourceVersion?: string;
}

/** Numbers each beginning and end as it comes. What is refused without an effect, and a read without an answer, is left out. */
export class History {
  readonly operations: Operation[] = [];
  private moment = 0;

  /** Before the request is sent. */
  invoke(): number {
    return this.moment++;
  }

  ok(invoked: number, of: Pick<Operation, "object" | "client" | "action" | "resourceVersion">): void {
    this.operations.push({ ...of, outcome: "ok", invoked, completed: this.moment++ });
  }

  unknown(invoked: number, of: Pick<Operation, "object" | "client" | "action">): void {
    this.operations.push({ ...of, outcome: "unknown", invoked, completed: Infinity });
  }
}
