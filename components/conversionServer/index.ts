/** Serves a conversion to the API server. Imports neither Pulumi nor a Kubernetes client, so that it bundles small. */
export { serveConversion } from "./serve";
export { optionsFrom } from "./options";
export type { ServerOptions } from "./options";
