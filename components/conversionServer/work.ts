/** What goes to a worker: the bytes of one request. */
export interface Question {
  readonly body: ArrayBuffer;
}

/** What comes back: the bytes of the answer and what may be counted and logged of it, or why there is none. */
export type Outcome =
  | {
      readonly kind: "answered";
      readonly body: ArrayBuffer;
      readonly uid: string;
      readonly from: string;
      readonly to: string;
      readonly objects: number;
      /** Which objects failed and where, without their values; the first five. */
      readonly failed: readonly string[];
      readonly failedCount: number;
    }
  | {
      /** The body was none of ours to answer: HTTP 400. */
      readonly kind: "refused";
      readonly reason: string;
    };
