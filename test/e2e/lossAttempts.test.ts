import { createServer, type Server } from "https";
import type { AddressInfo } from "net";
import type { VersionedCRDArgs } from "../../components";
import { convert, type SelfieRequest } from "../../examples/selfierequests/conversion";
import { makeAuthority, makeServerCertificate } from "../../local/certificates";
import { connect, type Client } from "../../local/cluster/client";
import { startWorld, type World } from "./harness";

jest.setTimeout(400_000);

const group = "stable.example.com";
const plurals = ["answers", "narrowings", "changes", "lossies", "helds", "busies", "flips", "forbids", "deaths", "stales"];
const leases = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";
const hooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
const migrations = "/apis/storagemigration.k8s.io/v1/storageversionmigrations";

const text = { type: "string" };
const SCHEMAS: Record<string, object> = { v1: { hostPort: text }, v2: { host: text, port: text } };
type Versions = ("v1" | "v2")[];

const kindOf = (plural: string): string => `${plural.charAt(0).toUpperCase()}${plural.slice(1, -1)}`;
const definitionPath = (plural: string): string =>
  `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${group}`;
const objectsPath = (plural: string, version: string, name = ""): string =>
  `/apis/${group}/${version}/namespaces/default/${plural}${name === "" ? "" : `/${name}`}`;
const objectOf = (plural: string, version: string, name: string, rest: object) => ({
  apiVersion: `${group}/${version}`,
  kind: kindOf(plural),
  metadata: { name },
  ...rest,
});
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The last of the versions is the storage version. */
function crdOf(plural: string, names: Versions, schemas: Record<string, object> = {}): NonNullable<VersionedCRDArgs["crd"]> {
  const versions = names.map((name) => ({
    name,
    served: true,
    storage: name === names.at(-1),
    schema: { openAPIV3Schema: { type: "object", properties: { ...SCHEMAS, ...schemas }[name] ?? {} } },
  }));
  const kind = kindOf(plural);
  const metadata = { name: `${plural}.${group}` };
  return { metadata, spec: { group, scope: "Namespaced", names: { plural, kind }, versions } };
}

interface Verdict {
  allowed: boolean;
  status?: { code: number; reason: string; message: string };
}

describe("tries to lose an object", () => {
  let world: World;
  let client: Client;
  let conversion: { url: string; caBundle: string };
  let admission: { server: Server; url: string; caBundle: string };
  /** What the admission webhook says of an object's name; by resource. */
  const verdicts: Record<string, (name: string) => Verdict | Promise<Verdict>> = {};

  const live = (plural: string) => client.get(definitionPath(plural));
  const versions = async (plural: string): Promise<string[]> =>
    (await live(plural)).spec.versions.map(({ name }: { name: string }) => name).sort();
  const stored = async (plural: string): Promise<string[]> => [
    ...new Set(Object.values(await world.stored(group, plural))),
  ];
  const create = (plural: string, name: string, hostPort = "host:1") =>
    client.post(objectsPath(plural, "v1"), objectOf(plural, "v1", name, { hostPort }));
  const createMany = async (plural: string, count: number): Promise<void> => {
    for (let index = 0; index < count; index++) await create(plural, `old-${index}`, `host-${index}:80`);
  };
  const guard = (plural: string) =>
    client.post(hooks, {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingWebhookConfiguration",
      metadata: { name: plural },
      webhooks: [
        {
          name: `${plural}.${group}`,
          clientConfig: { url: admission.url, caBundle: Buffer.from(admission.caBundle).toString("base64") },
          rules: [{ apiGroups: [group], apiVersions: ["*"], resources: [plural], operations: ["CREATE", "UPDATE"] }],
          sideEffects: "None",
          admissionReviewVersions: ["v1"],
          timeoutSeconds: 10,
        },
      ],
    });
  const holder = async (plural: string): Promise<string> => {
    const lease = await client.send("GET", `${leases}/storage-migration-${plural}.${group}`);
    return (lease.body as { spec?: { holderIdentity?: string } }).spec?.holderIdentity ?? "";
  };
  const atWork = async (plural: string, phase: string): Promise<void> => {
    while (!(await holder(plural)).startsWith(`${phase} of`)) await pause(20);
  };
  const args = (plural: string, names: Versions, more: Partial<VersionedCRDArgs> = {}): VersionedCRDArgs => ({
    crd: crdOf(plural, names),
    ...(names.includes("v2") && { conversion }),
    migrator: "direct",
    ...more,
  });

  beforeAll(async () => {
    world = await startWorld(plurals.map((plural) => ({ group, plural })));
    client = connect(world.cluster.client.endpoint);
    conversion = await world.webhook();
    const authority = await makeAuthority("admission");
    const { cert, key } = await makeServerCertificate(authority, "admission");
    const server = createServer({ cert, key }, (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const review = JSON.parse(Buffer.concat(chunks).toString()) as {
          request: { uid: string; name: string; resource: { resource: string } };
        };
        const { uid, name, resource } = review.request;
        void Promise.resolve(verdicts[resource.resource]?.(name) ?? { allowed: true }).then((verdict) =>
          response.end(JSON.stringify({ ...review, request: undefined, response: { uid, ...verdict } })),
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    admission = { server, url: `https://127.0.0.1:${port}/`, caBundle: authority.cert };
  });
  afterAll(async () => {
    client.close();
    admission.server.close();
    admission.server.closeAllConnections();
    await world.end();
  });

  test("an admission webhook that denies the rewrite with 404 NotFound is a refusal, not a deleted object", async () => {
    const plural = "answers";
    const stack = await world.stack(plural);
    await stack.up(args(plural, ["v1"]));
    await createMany(plural, 3);
    const status = { code: 404, reason: "NotFound", message: 'secrets "password" not found' };
    verdicts[plural] = (name) => ({ allowed: name !== "old-1", status });
    await guard(plural);
    const message = await stack.refused(stack.up(args(plural, ["v1", "v2"])));
    expect(message).toMatch(/old-1/);
    expect((await live(plural)).status.storedVersions).toContain("v1");
  });

  test("a schema of the old storage version that lost a field is refused, with a webhook as without", async () => {
    const plural = "narrowings";
    const stack = await world.stack(plural);
    await stack.up(args(plural, ["v1"]));
    await createMany(plural, 3);
    const outcome = await stack
      .refused(stack.up(args(plural, ["v1", "v2"], { crd: crdOf(plural, ["v1", "v2"], { v1: {} }) })))
      .catch((error: Error) => error.message);
    const { items } = await client.get(objectsPath(plural, "v2"));
    console.log(outcome, JSON.stringify(items.map((item: { host?: string }) => item.host)));
    expect(items.map((item: { host?: string }) => item.host)).toEqual(["host-0", "host-1", "host-2"]);
  });

  test("a schema that changes between store and migrate is rehearsed anew before anything is rewritten", async () => {
    const plural = "changes";
    const stack = await world.stack(plural);
    await stack.up(args(plural, ["v1"]));
    await createMany(plural, 3);
    await stack.up(args(plural, ["v1", "v2"], { stopAfter: "store" }));
    const outcome = await stack
      .refused(stack.up(args(plural, ["v1", "v2"], { crd: crdOf(plural, ["v1", "v2"], { v2: { host: text } }) })))
      .catch((error: Error) => error.message);
    console.log(outcome);
    const values = await client.get(objectsPath(plural, "v1"));
    expect(values.items.map((item: { hostPort?: string }) => item.hostPort)).toEqual(["host-0:80", "host-1:80", "host-2:80"]);
  });

  test("a conversion that changes between store and migrate is rehearsed anew before anything is rewritten", async () => {
    const plural = "lossies";
    const stack = await world.stack(plural);
    await stack.up(args(plural, ["v1"]));
    await createMany(plural, 3);
    await stack.up(args(plural, ["v1", "v2"], { stopAfter: "store" }));
    const lossy = await world.webhook({
      convert: async (object, to) => {
        const converted: SelfieRequest = await convert(object, to);
        delete converted["port"];
        return converted;
      },
    });
    const outcome = await stack
      .refused(stack.up(args(plural, ["v1", "v2"], { conversion: lossy })))
      .catch((error: Error) => error.message);
    console.log(outcome);
    expect(await stored(plural)).toContain(`${group}/v1`);
    await client.mergePatch(definitionPath(plural), {}); // still there
  });
});
