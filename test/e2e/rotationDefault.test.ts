import { execFile } from "child_process";
import * as fs from "fs";
import { promisify } from "util";
import { configured, createSecrets, getRaw, prefixes, putRaw, writeFile } from "./rotationBench";
import { startRotationWorld, type RotationStack, type RotationWorld } from "./rotationWorld";

jest.setTimeout(300_000);

const COUNT = 30;
const SECRETS = "/api/v1/namespaces/default/secrets";
const MIGRATIONS = "/apis/storagemigration.k8s.io";
const handmade = { name: "key1", secret: Buffer.alloc(32, 7).toString("base64") };
const under = (key: string): Record<string, number> => ({ [`k8s:enc:aescbc:v1:${key}:`]: COUNT });

// https://kubernetes.io/docs/tasks/manage-kubernetes-objects/storage-version-migration/#re-encrypt-kubernetes-secrets-using-svm
describe("the tutorial's Secrets, aescbc from key1 to key2, with the component's own defaults, to the end of its life", () => {
  let world: RotationWorld;
  let stack: RotationStack;
  /** Of storagemigration.k8s.io. */
  let version = "";
  /** One Secret's bytes in etcd, under key2. */
  let backup = "";
  const file = (): string => fs.readFileSync(world.targets[0]?.file ?? "", "utf8");
  const value = async (name: string): Promise<string> => {
    const { data } = (await world.cluster.client.get(`${SECRETS}/${name}`)) as { data?: { value?: string } };
    return Buffer.from(data?.value ?? "", "base64").toString();
  };
  const migrations = async (): Promise<unknown> =>
    (await world.cluster.client.get(`${MIGRATIONS}/${version}/storageversionmigrations`)).items;
  const second = { keys: { write: "key2" }, cipher: "aescbc" as const };
  const third = { keys: { write: "key3", archive: ["key2"] }, cipher: "aescbc" as const };

  beforeAll(async () => {
    const text = configured({ resources: ["secrets"], providers: [{ aescbc: { keys: [handmade] } }] });
    world = await startRotationWorld({ encryption: { text } });
    await createSecrets(world.cluster, COUNT);
    stack = await world.stack("default", {});
  });
  afterAll(() => world.end());

  test("T1: without a migrator, preview says that a StorageVersionMigration rewrites the Secrets, and `up` has one do it", async () => {
    expect(await prefixes(world.cluster)).toEqual(under("key1"));
    const { plans } = await stack.preview(second);
    const [migrate = ""] = plans["migrate"] ?? [];
    expect(migrate).toMatch(/by a StorageVersionMigration \(storagemigration\.k8s\.io\/v1\w*\), then by our own pass$/);
    version = /storagemigration\.k8s\.io\/(v1\w*)/.exec(migrate)?.[1] ?? "";
    const run = await stack.up(second);
    expect(run.plans).toEqual(plans);
    expect(run.outputs).toMatchObject({ writeKey: "aescbc:key2", keyOrder: { secrets: ["aescbc:key2"] } });
    expect(await migrations()).toEqual([
      expect.objectContaining({
        spec: expect.objectContaining({
          resource: expect.objectContaining({ resource: "secrets" }) as unknown,
        }) as unknown,
        status: expect.objectContaining({
          conditions: expect.arrayContaining([
            expect.objectContaining({ type: "Succeeded", status: "True" }),
          ]) as unknown,
        }) as unknown,
      }),
    ]);
  });

  test("T2: every Secret is under key2 in etcd's bytes and reads as before; key1, made by hand, is in no file", async () => {
    expect(await prefixes(world.cluster)).toEqual(under("key2"));
    expect(file()).not.toContain("key1");
    expect(await value("s-0007")).toBe("value 7");
    backup = await getRaw(world.cluster, "/registry/secrets/default/s-0007");
  });

  test("T3: a key that is archived leaves the file: what a backup of etcd brings back of its time is not read", async () => {
    await stack.up(third);
    expect(await prefixes(world.cluster)).toEqual(under("key3"));
    await putRaw(world.cluster, "/registry/secrets/default/s-0007", backup);
    expect((await world.cluster.client.send("GET", `${SECRETS}/s-0007`)).status).toBe(500);
  });

  test("T4: with the bytes that the state keeps in the file again, an API server reads it; the next `up` rewrites it and takes the key out", async () => {
    const secret = await archived("key2");
    const { apiServers, client } = world.cluster;
    const writing = { name: "key3", secret: /name: "key3"\n\s+secret: "([^"]+)"/.exec(file())?.[1] };
    const keys = [writing, { name: "key2", secret }];
    writeFile(apiServers[0], configured({ resources: ["secrets"], providers: [{ aescbc: { keys } }] }));
    while ((await client.send("GET", `${SECRETS}/s-0007`)).status !== 200) await sleep(100);
    expect(await value("s-0007")).toBe("value 7");

    // For one object no StorageVersionMigration is made: it would wait minutes for an event of another one.
    const made = await migrations();
    expect(Object.keys((await stack.up(third)).plans)).toEqual(["migrate", "retire"]);
    expect(await migrations()).toEqual(made);
    expect(await prefixes(world.cluster)).toEqual(under("key3"));
    expect(file()).not.toContain("key2");
    expect(await value("s-0007")).toBe("value 7");
  });

  test("T5: `pulumi destroy` is refused while keys would go with the state; each of them stays, archived ones too, and so does the file", async () => {
    const before = file();
    await expect(stack.automation.destroy()).rejects.toThrow(/secrets-key-key3.*protect/s);
    expect(keysOf(await stack.resources())).toEqual(["secrets-key-key2", "secrets-key-key3"]);
    expect(await archived("key2")).toHaveLength(44);
    expect(file()).toBe(before);
  });

  test("T6: a name taken out of `archive` is refused at preview while its bytes are protected", async () => {
    const { archive: _, ...keys } = third.keys;
    expect(await stack.refused(stack.preview({ ...third, keys }))).toMatch(/secrets-key-key2.*protect/s);
  });

  test("T7: after `pulumi state unprotect` it goes: the file stays to the byte, and so do the Secrets under its key", async () => {
    const text = file();
    for (const { urn } of (await stack.resources()).filter(({ protect }) => protect)) {
      await pulumi("state", "unprotect", urn, "--yes");
    }
    await stack.automation.destroy();
    expect((await stack.resources()).map(nameOf)).toEqual([]);
    expect(file()).toBe(text);
    expect(await prefixes(world.cluster)).toEqual(under("key3"));
    expect(await value("s-0007")).toBe("value 7");
  });

  /** As `pulumi stack export --show-secrets` tells it. */
  async function archived(key: string): Promise<string> {
    const { stdout } = await pulumi("stack", "export", "--show-secrets");
    const { deployment } = JSON.parse(stdout) as {
      deployment: { resources: { urn: string; outputs?: { base64?: { plaintext?: string } } }[] };
    };
    const found = deployment.resources.find((resource) => nameOf(resource) === `secrets-key-${key}`);
    return JSON.parse(found?.outputs?.base64?.plaintext ?? "null") as string;
  }

  function pulumi(...args: string[]): Promise<{ stdout: string }> {
    const { workDir, envVars, pulumiHome } = stack.automation.workspace;
    return promisify(execFile)("pulumi", [...args, "--stack", stack.automation.name, "--non-interactive"], {
      cwd: workDir,
      env: { ...process.env, ...envVars, ...(pulumiHome !== undefined && { PULUMI_HOME: pulumiHome }) },
      maxBuffer: 10_000_000,
    });
  }
});

function keysOf(resources: { urn: string }[]): string[] {
  return resources
    .map(nameOf)
    .filter((name) => name.includes("-key-"))
    .sort();
}

function nameOf({ urn }: { urn: string }): string {
  return urn.split("::").at(-1) ?? "";
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
