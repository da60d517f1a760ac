import { X509Certificate } from "crypto";
import * as path from "path";
import * as pulumi from "@pulumi/pulumi";
import {
  ConversionWebhook,
  rightsForConversionWebhook,
  rightsForOwnAuthority,
  rightsForUp,
  VersionedCRD,
} from "../../components";
import { checkout } from "../../local/checkout";
import { PodRunner } from "../../local/pods/runner";
import { startWorld, type World } from "./harness";
import { ProgramStack } from "./programs";
import { servedCertificate } from "./servedCertificate";

jest.setTimeout(300_000);

const resource = { group: "example.com", plural: "databases" };
const name = "databases-conversion";
const PAST = 11 * 60_000;
/** A read that a busy machine holds up is no read that failed. */
const requestTimeoutSeconds = 30;

/** While all of it happens a client reads an object of v2 at v1, through the webhook, and no read fails. */
describe("an own authority is renewed on a real cluster", () => {
  let world: World;
  let stack: ProgramStack;
  let pods: PodRunner;
  const failures: string[] = [];
  let reads = 0;
  let isOver = false;
  let reading: Promise<void>;

  beforeAll(async () => {
    pods = new PodRunner("default");
    world = await startWorld([resource], { ...(await pods.options()), requestTimeoutSeconds });
    await pods.start(world.cluster.client);
    const webhook = rightsForConversionWebhook({ namespace: "default", name });
    const rights = [...rightsForUp([resource]), ...webhook, ...rightsForOwnAuthority()];
    const kubeconfig = await world.cluster.userKubeconfig("webhooks", rights);
    stack = await ProgramStack.create(path.dirname(world.kubeconfig), "authority", kubeconfig);
  });
  afterAll(async () => {
    isOver = true;
    await reading;
    await pods.stop();
    await world.end();
  });

  /** An authority that is to live longer than three times what is left of the present one is due. */
  const program = (authorityDays: number) => (): void => {
    const conversion = new ConversionWebhook(name, {
      conversion: checkout("examples", "databases", "conversion.ts"),
      keys: [pulumi.secret(Buffer.alloc(32, 7).toString("base64"))],
      certificate: { own: { authorityDays } },
    });
    const file = checkout("examples", "databases", "v1-v2.yaml");
    new VersionedCRD("databases", { file, requestTimeoutSeconds, migrator: "direct", conversion });
  };
  const at = (version: string, object = ""): string =>
    `/apis/example.com/${version}/namespaces/default/databases${object}`;

  /** The authorities that the CRD trusts. */
  const trusted = async (): Promise<X509Certificate[]> => {
    const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/databases.example.com";
    const { spec } = await world.cluster.client.get(path);
    const bundle = Buffer.from(spec.conversion.webhook.clientConfig.caBundle as string, "base64").toString();
    const pems = bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    return pems.map((pem) => new X509Certificate(pem));
  };
  const shown = (): Promise<X509Certificate[]> =>
    Promise.all(pods.pods(name).map(({ port }) => servedCertificate(port)));
  const areSignedBy = async (authority?: X509Certificate): Promise<boolean> => {
    const leaves = await shown();
    return leaves.length === 2 && leaves.every((leaf) => authority !== undefined && leaf.verify(authority.publicKey));
  };

  test("T1 installed: one authority, whose certificate both pods show; a client begins to read", async () => {
    await stack.up(program(3650));
    const orders = { apiVersion: "example.com/v2", kind: "Database", metadata: { name: "orders" } };
    await world.cluster.client.post(at("v2"), { ...orders, spec: { databaseName: "orders", username: "app" } });
    const [authority, ...others] = await trusted();
    expect(others).toEqual([]);
    expect(await areSignedBy(authority)).toBe(true);
    reading = (async () => {
      while (!isOver) {
        reads++;
        await world.cluster.client.get(at("v1", "/orders")).catch((error: Error) => failures.push(error.message));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
  });

  test("T2 due: the CRD trusts the old and the new one, and the pods go on with the certificate of the old", async () => {
    const { messages } = await stack.up(program(20_000));
    expect(messages.join("\n")).toMatch(/authority 1 of 3: a new one is published beside the old/);
    const [old, newest, ...others] = await trusted();
    expect([newest?.serialNumber === old?.serialNumber, others]).toEqual([false, []]);
    expect(await areSignedBy(old)).toBe(true);
  });

  test("T3 the next `up` signs with the new one and rolls the pods, none of them away before another is ready; the CRD still trusts both", async () => {
    const { messages } = await stack.up(program(20_000));
    expect(messages.join("\n")).toMatch(/authority 2 of 3: every CRD trusts both/);
    const both = await trusted();
    expect(both).toHaveLength(2);
    while (!(await areSignedBy(both[1]))) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(failures).toEqual([]);
  });

  test("T4 at once after that the old one stays, and preview says what it waits for", async () => {
    const { messages } = await stack.preview(program(20_000));
    expect(messages.join("\n")).toMatch(/a new authority waits: the pods have 10 minutes/);
    await stack.up(program(20_000));
    expect(await trusted()).toHaveLength(2);
  });

  test("T5 ten minutes later by what the state holds: the old one goes, no read has failed, and nothing is left to do", async () => {
    const [, newest] = await trusted();
    await stack.edit((state) =>
      state.replace(/(rolledAt\\+":\\+")([^\\]+)/g, (_, before: string, moment: string) => {
        return before + new Date(Date.parse(moment) - PAST).toISOString();
      }),
    );
    const { messages } = await stack.up(program(20_000));
    expect(messages.join("\n")).toMatch(/authority 3 of 3: the old one goes/);
    expect((await trusted()).map(({ serialNumber }) => serialNumber)).toEqual([newest?.serialNumber]);
    isOver = true;
    await reading;
    expect(failures).toEqual([]);
    expect(reads).toBeGreaterThan(50);
    const { operations } = await stack.preview(program(20_000));
    expect(new Set(Object.values(operations))).toEqual(new Set(["same"]));
  });
});
