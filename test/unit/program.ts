import * as pulumi from "@pulumi/pulumi";
import { VersionedCRD, type VersionedCRDArgs } from "../../components";

/** One resource as the program registered it. */
export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  parent: string;
  retainOnDelete: boolean;
  protect: boolean;
  ignoreChanges: string[];
  /** Names of the resources it waits for. */
  dependsOn: string[];
  /** Types of its aliases. */
  aliases: string[];
  provider: string;
}

interface Request {
  getType(): string;
  getName(): string;
  getParent(): string;
  getRetainondelete(): boolean;
  getProtect(): boolean;
  getIgnorechangesList(): string[];
  getDependenciesList(): string[];
  getAliasesList(): { getSpec(): { getType(): string } | undefined }[];
  getProvider(): string;
}

/** Runs a program that holds these CRDs, with the engine's answers mocked, and returns what it registered by name. */
export async function registered(crds: Record<string, VersionedCRDArgs>): Promise<Map<string, Registered>> {
  return (await ran(crds)).resources;
}

/** Outputs of components are registered last, and must not be with the mocks of the next program. Internal, so without a type. */
function endOfRequests(): Promise<void> {
  return (pulumi.runtime as unknown as { waitForRPCs(): Promise<void> }).waitForRPCs();
}

/**
 * The same, with the components.
 *
 * @param state outputs that the engine answers with for a type token's last part, e.g. `{ Migrate: {…} }`
 * @param more the rest of the program; returns the resources to wait for
 */
export async function ran(
  crds: Record<string, VersionedCRDArgs>,
  state: Record<string, object> = {},
  more: (...components: VersionedCRD[]) => pulumi.Resource[] = () => [],
) {
  const inputs = new Map<string, Record<string, unknown>>();
  const requests: Request[] = [];
  await pulumi.runtime.setMocks(
    {
      call: () => ({}),
      newResource: (args) => {
        inputs.set(args.name, args.inputs as Record<string, unknown>);
        const outputs = state[args.type.split(":").at(-1) ?? ""];
        return { id: args.name, state: { ...(args.inputs as object), ...outputs } };
      },
    },
    "program",
    "dev",
    true,
    "acme",
  );
  recordRequests(requests);
  const components = Object.entries(crds).map(([name, args]) => new VersionedCRD(name, args));
  const others = more(...components).map(({ urn }) => known(urn));
  await Promise.all(components.flatMap(({ phases }) => Object.values(phases).map((phase) => known(phase.id))));
  await Promise.all(others);
  await endOfRequests();
  const resources = requests.map((request): [string, Registered] => [request.getName(), describe(request, inputs)]);
  const names = resources.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`${twice} was registered twice, which the engine refuses`);
  return { components, resources: new Map(resources) };
}

/** The value of an output, which in these programs is always known. */
export function known<T>(output: pulumi.Output<T>): Promise<T> {
  return (output as unknown as { promise(): Promise<T> }).promise();
}

/** The mocks' newResource is not told of options: they are on the request that the engine would get. */
function recordRequests(requests: Request[]): void {
  const monitor = pulumi.runtime.getMonitor() as unknown as {
    registerResource(request: Request, callback: unknown): Promise<void>;
  };
  const original = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    requests.push(request);
    return original(request, callback);
  };
}

function describe(request: Request, inputs: Map<string, Record<string, unknown>>): Registered {
  const name = request.getName();
  return {
    type: request.getType(),
    name,
    inputs: inputs.get(name) ?? {},
    parent: nameOf(request.getParent()),
    retainOnDelete: request.getRetainondelete(),
    protect: request.getProtect(),
    ignoreChanges: request.getIgnorechangesList(),
    dependsOn: request.getDependenciesList().map(nameOf),
    aliases: request.getAliasesList().map((alias) => alias.getSpec()?.getType() ?? ""),
    provider: nameOf(request.getProvider().replace(/::[^:]*$/, "")),
  };
}

function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? "";
}
