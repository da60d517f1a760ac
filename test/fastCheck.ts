import { configureGlobal } from "fast-check";

/** The same cases at every run; FC_SEED and FC_RUNS look further. */
configureGlobal({
  seed: Number(process.env["FC_SEED"] ?? 20261121),
  ...(process.env["FC_RUNS"] !== undefined && { numRuns: Number(process.env["FC_RUNS"]) }),
});
