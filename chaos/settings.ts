/** Of the API servers, and what the components are told of it: short, since each run waits it out. */
export const REQUEST_TIMEOUT_SECONDS = 3;
export const COMPACTION_SECONDS = 2;
