import { spawn, type ChildProcess } from "child_process";
import { once } from "events";
import * as fs from "fs";
import * as path from "path";
import { parseAllDocuments } from "yaml";
import {
  ConversionWebhook,
  rightsForConversionWebhook,
  rightsForDrop,
  rightsForUp,
  VersionedCRD,
} from "../../components";
import { checkout } from "../../local/checkout";
import { PodRunner } from "../../local/pods/runner";
import { REQUEST_TIMEOUT_SECONDS } from "../../local/toolchain/kubernetesPlugin";
import { findCertManager } from "../../local/toolchain/certManager";
import { startWorld, type World } from "./harness";
import { ProgramStack } from "./programs";
import { servedCertificate } from "./servedCertificate";
import { createObjects, definitionPath, manifest, objectPath, resource } from "./selfies";

jest.setTimeout(300_000);

const name = "selfies-conversion";
const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const certManager = (plural: string): string => `/apis/cert-manager.io/v1/namespaces/default/${plural}`;
const secret = (called: string): string => `/api/v1/namespaces/default/secrets/${called}`;

describe("certificates that cert-manager makes", () => {
  let world: World;
  let stack: ProgramStack;
  let pods: PodRunner;
  let user: string;
  const running: ChildProcess[] = [];

  beforeAll(async () => {
    pods = new PodRunner("default");
    world = await startWorld([resource], await pods.options());
    const { client, kubeconfig } = world.cluster;
    await pods.start(client);
    const rights = [name, "backups-conversion"].flatMap((each) =>
      rightsForConversionWebhook({ namespace: "default", name: each, certManager: true }),
    );
    const resources = [resource, { group: "storage.example.com", plural: "backups" }];
    user = await world.cluster.userKubeconfig("webhooks", [...rightsForUp(resources), ...rightsForDrop(), ...rights]);
    stack = await ProgramStack.create(path.dirname(world.kubeconfig), "webhook", user);
    const { program, crds } = await findCertManager();
    for (const file of fs.readdirSync(crds).filter((found) => found.endsWith(".yaml"))) {
      for (const document of parseAllDocuments(fs.readFileSync(path.join(crds, file), "utf8"))) {
        await client.post(definitions, document.toJS() as object);
      }
    }
    await until(async () => (await client.get(certManager("issuers"))) !== undefined);
    for (const command of ["controller", "cainjector"]) {
      running.push(spawn(program, [command, `--kubeconfig=${kubeconfig}`], { stdio: "ignore" }));
    }
    const make = (plural: string, kind: string, called: string, spec: object) =>
      client.post(certManager(plural), { apiVersion: "cert-manager.io/v1", kind, metadata: { name: called }, spec });
    const authority = { isCA: true, commonName: "internal", secretName: "internal-ca", issuerRef: { name: "root" } };
    await make("issuers", "Issuer", "root", { selfSigned: {} });
    await make("certificates", "Certificate", "internal-ca", authority);
    await make("issuers", "Issuer", "internal", { ca: { secretName: "internal-ca" } });
  });
  afterAll(async () => {
    for (const child of running) if (child.exitCode === null && child.kill()) await once(child, "exit");
    await pods.stop();
    await world.end();
  });

  const program = (called: string, file: string, module?: string) => (): void => {
    const certificate = { certManager: { issuer: { name: "internal" } } };
    const conversion = module && new ConversionWebhook(`${called}-conversion`, { conversion: module, certificate });
    const more = { requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS, migrator: "direct" as const };
    new VersionedCRD(called, { file, ...more, ...(conversion && { conversion }) });
  };
  const selfies = (versions: Parameters<typeof manifest>[0], isConverted = true) =>
    program("selfies", manifest(versions), isConverted ? module("selfierequests") : undefined);

  /** The names of what a preview would change. */
  const changes = async (of: () => void, within = stack): Promise<string[]> => {
    const { operations } = await within.preview(of);
    return Object.keys(operations).filter((each) => operations[each] !== "same");
  };
  const live = async (path = definitionPath) =>
    (await world.cluster.client.get(path)) as unknown as {
      metadata: { managedFields: { manager: string; fieldsV1: object }[] };
      spec: { conversion: { strategy: string; webhook?: { clientConfig: { caBundle?: string } } } };
    };
  const authorities = async (): Promise<number> => {
    const bundle = (await live()).spec.conversion.webhook?.clientConfig.caBundle ?? "";
    return Buffer.from(bundle, "base64").toString().split("-----BEGIN").length - 1;
  };
  const serving = (): Promise<string[]> =>
    Promise.all(pods.pods(name).map(async ({ port }) => (await servedCertificate(port)).serialNumber));
  /** Deletes the Secret, so that it is issued anew, while a client reads through the webhook; its failures. */
  const renewed = async (): Promise<string[]> => {
    const failures: string[] = [];
    const before = await serving();
    let isOver = false;
    const reading = (async () => {
      while (!isOver) {
        await world.cluster.client.get(objectPath("v1", "old-1")).catch((error: Error) => failures.push(error.message));
      }
    })();
    await world.cluster.client.delete(secret(`${name}-tls`));
    await until(async () => (await serving()).every((serial) => !before.includes(serial)));
    isOver = true;
    await reading;
    return failures;
  };

  test("T1 first install, two versions at once: the next preview is empty, although the CRD was edited since", async () => {
    const first = await ProgramStack.create(path.dirname(world.kubeconfig), "first", user, "first");
    const backups = program("backups", checkout("examples", "backups", "v1alpha1-v1.yaml"), module("backups"));
    const { messages } = await first.up(backups);
    expect(messages.join("\n")).not.toMatch(/cannot be read|no caBundle/);
    expect(
      (await live(`${definitions}/backups.storage.example.com`)).spec.conversion.webhook?.clientConfig,
    ).toHaveProperty("caBundle");
    expect(await changes(backups, first)).toEqual([]);
  });

  test("T2 v1 alone, with objects; preview plans certificate and rollout before there is a Secret", async () => {
    await stack.up(selfies("v1", false));
    await createObjects(world.cluster.client, 20);
    expect(await changes(selfies("v1-v2"))).toEqual(
      expect.arrayContaining([
        name,
        `${name}-tls`,
        "selfies-serve",
        "selfies-rehearse",
        "selfies-store",
        "selfies-migrate",
      ]),
    );
    await expect(world.cluster.client.get(secret(`${name}-tls`))).rejects.toThrow(/404/);
  });

  test("T3 up: with a cainjector that takes its time every object is moved; the caBundle is the cainjector's alone, and the next preview is empty", async () => {
    const injector = running[1];
    injector?.kill("SIGSTOP");
    const late = until(async () => (await live()).spec.conversion.strategy === "Webhook")
      .then(() => new Promise((resolve) => setTimeout(resolve, 4_000)))
      .finally(() => injector?.kill("SIGCONT"));
    const { messages } = await stack.up(selfies("v1-v2"));
    await late;
    expect(messages.join("\n")).toMatch(/20 proven on/);
    const { managedFields } = (await live()).metadata;
    const owners = managedFields.filter(({ fieldsV1 }) => JSON.stringify(fieldsV1).includes("f:caBundle"));
    expect(owners.map(({ manager }) => manager)).toEqual(["cert-manager-cainjector"]);
    expect(await changes(selfies("v1-v2"))).toEqual([]);
  });

  test("T4 a renewed certificate is served within seconds, no read fails, and the next preview is empty", async () => {
    expect(await renewed()).toEqual([]);
    expect(await authorities()).toBe(1);
    expect(await changes(selfies("v1-v2"))).toEqual([]);
  });

  test("T5 a new authority joins the old one in the caBundle: no read fails; everything is to be proven again", async () => {
    const { client } = world.cluster;
    const uidOf = async () => (await client.get(secret("internal-ca"))).metadata.uid;
    const before = await uidOf();
    await client.delete(secret("internal-ca"));
    await until(async () => (await uidOf()) !== before);
    const failures: string[] = [];
    await until(async () => {
      failures.push(...(await renewed()));
      return (await authorities()) === 2;
    });
    expect(failures).toEqual([]);
    expect(await changes(selfies("v1-v2"))).toEqual(["selfies-rehearse", "selfies-migrate"]);
  });

  test("T6 the way out: nothing is rewritten again, v1 goes, conversion None, then the webhook", async () => {
    const { messages, operations } = await stack.up(selfies("v2", false));
    expect(messages.join("\n")).toMatch(/20 proven on .* 0 of them rewritten/);
    expect(operations).toMatchObject({ "selfies-drop": "update", [`${name}-tls`]: "delete" });
    expect((await live()).spec.conversion).toEqual({ strategy: "None" });
    expect(await changes(selfies("v2", false))).toEqual([]);
  });
});

function module(example: string): string {
  return checkout("examples", example, "conversion.ts");
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await holds().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`not within a minute: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Of the certificate that is served there. */
