/**
 * Makes something whose place in the program nobody needs. The SDK takes a stack for each property of each resource
 * (debuggablePromise in runtime/debuggable.js), and ts-node looks up the source of every frame: most of the time that a program
 * with fifty CRDs took. Each resource's own stack, which the SDK takes whole, would also stand in the state with each phase.
 * https://v8.dev/docs/stack-trace-api
 *
 * @param work runs none of the user's code
 */
export function withoutCallSites<T>(work: () => T): T {
  const { stackTraceLimit } = Error;
  const kept = { stackTraceLimit, prepareStackTrace: Reflect.get(Error, "prepareStackTrace") as unknown };
  Object.assign(Error, { stackTraceLimit: 0, prepareStackTrace: String });
  try {
    return work();
  } finally {
    Object.assign(Error, kept);
  }
}
