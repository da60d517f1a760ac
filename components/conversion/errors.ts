/** A conversion that was not written right: seen when it is defined, before anything is served. */
export class DefinitionError extends Error {
  override readonly name = "DefinitionError";
}

/** A body that is no ConversionReview: the server answers 400. */
export class ReviewError extends Error {
  override readonly name = "ReviewError";
}

/** One object that cannot be converted. Its message names the object, the step, the path and the reason. */
export class ConversionError extends Error {
  override readonly name = "ConversionError";

  constructor(
    message: string,
    /** The message without the reason, which may quote a value: what a log may hold. */
    readonly where: string = message,
  ) {
    super(message);
  }
}

/** What went wrong at one path; the object and the step are added where they are known. */
export class MoveError extends Error {
  override readonly name = "MoveError";

  constructor(
    readonly path: string,
    readonly reason: string,
  ) {
    super(`${path}: ${reason}`);
  }
}

export function reasonOfConversionError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
