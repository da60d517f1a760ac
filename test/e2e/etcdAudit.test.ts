import { execFile } from "child_process";
import * as fs from "fs";
import * as https from "https";
import * as os from "os";
import * as path from "path";
import { promisify } from "util";
import { countPrefixes } from "../../components/encryptionKeyRotation/audit/countPrefixes";
import type { EtcdArgs } from "../../components/encryptionKeyRotation/audit/etcdGateway";
import { makeAuthority, makeServerCertificate } from "../../local/certificates";
import type { Client } from "../../local/cluster/client";
import { startTestCluster } from "../../local/cluster/forTests";
import { freePorts } from "../../local/cluster/ports";
import { endProcess, lastLines, startProcess, type StartedProcess } from "../../local/processes";
import { chosenVersion, controlPlaneBinary } from "../../local/toolchain/controlPlane";
import { configurationOf, secretOf } from "../unit/encryptionKeyRotation/configurations";

jest.setTimeout(180_000);

const secrets = { group: "", plural: "secrets" };
const failure = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "no error",
    (error: Error) => error.message,
  );

// etcd as kubeadm sets it up: nobody without a client certificate of its authority gets in.
describe("an etcd behind client certificates", () => {
  let dir = "";
  let etcd: StartedProcess;
  let args: EtcdArgs;
  const put = async (key: string, value: Buffer): Promise<void> => {
    const body = JSON.stringify({ key: Buffer.from(key).toString("base64"), value: value.toString("base64") });
    const { ca, cert, key: privateKey } = args;
    await new Promise<void>((resolve, reject) => {
      const request = https.request(
        `${args.endpoints[0]}/v3/kv/put`,
        { method: "POST", ca, cert, key: privateKey },
        (response) => {
          response.resume();
          response.on("end", () =>
            response.statusCode === 200 ? resolve() : reject(new Error(`put: ${response.statusCode}`)),
          );
        },
      );
      request.on("error", reject).end(body);
    });
  };
  const under = (prefix: string, size = 40): Buffer => Buffer.concat([Buffer.from(prefix), Buffer.alloc(size, 0xfe)]);
  const fill = (count: number, name: string, value: Buffer): Promise<unknown> =>
    Promise.all(Array.from({ length: count }, (_, index) => put(`/registry/${name}-${index}`, value)));

  beforeAll(async () => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), "etcd-audit-"));
    const [client = 0, peer = 0] = await freePorts(2);
    const authority = await makeAuthority("etcd");
    // The gateway shows the server's certificate to etcd itself, so it must do for a client too: kubeadm's does.
    const server = await makeServerCertificate(authority, "etcd", ["serverAuth", "clientAuth"]);
    const user = await makeServerCertificate(authority, "audit", ["clientAuth"]);
    for (const [name, text] of Object.entries({
      "ca.crt": authority.cert,
      "tls.crt": server.cert,
      "tls.key": server.key,
    })) {
      fs.writeFileSync(path.join(dir, name), text, { mode: 0o600 });
    }
    const url = `https://127.0.0.1:${client}`;
    etcd = startProcess(
      "etcd",
      await controlPlaneBinary(chosenVersion([])),
      [
        "etcd",
        `--data-dir=${path.join(dir, "data")}`,
        `--listen-client-urls=${url}`,
        `--advertise-client-urls=${url}`,
        `--listen-peer-urls=http://127.0.0.1:${peer}`,
        `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
        `--initial-cluster=default=http://127.0.0.1:${peer}`,
        `--cert-file=${path.join(dir, "tls.crt")}`,
        `--key-file=${path.join(dir, "tls.key")}`,
        `--trusted-ca-file=${path.join(dir, "ca.crt")}`,
        "--client-cert-auth",
        "--log-level=warn",
        "--unsafe-no-fsync",
      ],
      path.join(dir, "etcd.log"),
    );
    args = { endpoints: [url], ca: authority.cert, cert: user.cert, key: user.key };
    for (let waited = 0; (await failure(countPrefixes(args, secrets))) !== "no error"; waited++) {
      if (waited > 150) throw new Error(`etcd did not answer:\n${lastLines(path.join(dir, "etcd.log"))}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
  afterAll(async () => {
    await endProcess(etcd, 0);
    fs.rmSync(dir, { recursive: true, force: true });
  });

  test("what is there is counted by what its bytes begin with, over several pages, and nothing beside it", async () => {
    await fill(120, "secrets/default/a", under("k8s:enc:aescbc:v1:key1:"));
    await fill(30, "secrets/default/b", under("k8s:enc:secretbox:v1:2026-11:"));
    await fill(5, "secrets/default/c", under("k8s\0"));
    await fill(4, "secrets/default/d", under("k8s:enc:kms:v2:vault:"));
    await fill(1, "secrets/default/e", under("k8s:enc:"));
    await fill(7, "secretsofothers/default/a", under("k8s:enc:aescbc:v1:key9:"));
    expect(await countPrefixes(args, secrets)).toEqual({
      identity: 5,
      "k8s:enc:?": 1,
      "k8s:enc:aescbc:v1:key1:": 120,
      "k8s:enc:kms:v2:vault:": 4,
      "k8s:enc:secretbox:v1:2026-11:": 30,
    });
    expect(await countPrefixes(args, { group: "example.com", plural: "databases" })).toEqual({});
  });

  test("objects of a MiB behind many small ones are counted too, with the memory of one page", async () => {
    const peak = async (plural: string): Promise<{ counts: object; mebibytes: number }> => {
      const program = `
        require("ts-node").register({ transpileOnly: true });
        const { countPrefixes } = require("./components/encryptionKeyRotation/audit/countPrefixes");
        const { peakMemory } = require("./bench/peakMemory");
        countPrefixes(JSON.parse(process.env.ETCD), { group: "", plural: ${JSON.stringify(plural)} }).then((counts) =>
          console.log(JSON.stringify({ counts, mebibytes: peakMemory() })));`;
      const { stdout } = await promisify(execFile)(process.execPath, ["--max-semi-space-size=1", "-e", program], {
        cwd: path.resolve(__dirname, "../.."),
        env: { ...process.env, ETCD: JSON.stringify(args) },
      });
      return JSON.parse(stdout) as { counts: object; mebibytes: number };
    };
    const small = under("k8s:enc:aescbc:v1:key1:");
    await fill(10, "few/a", small);
    await fill(800, "many/a", small);
    const large = under("k8s:enc:aescbc:v1:key2:", 1 << 20);
    for (let round = 0; round < 7; round++) await fill(10, `many/b-${round}`, large);
    const [few, many] = [await peak("few"), await peak("many")];
    expect(few.counts).toEqual({ "k8s:enc:aescbc:v1:key1:": 10 });
    expect(many.counts).toEqual({ "k8s:enc:aescbc:v1:key1:": 800, "k8s:enc:aescbc:v1:key2:": 70 });
    // 93 MiB went by, in base64, and as much again as bytes and as JSON: 280 MiB, if nothing were let go of.
    expect(many.mebibytes - few.mebibytes).toBeLessThan(140);
  });

  test("an endpoint that is not there is passed over; without a certificate the error says what is expected", async () => {
    const [endpoint = ""] = args.endpoints;
    expect(await countPrefixes({ ...args, endpoints: ["https://127.0.0.1:1", endpoint] }, secrets)).toHaveProperty(
      "identity",
      5,
    );
    const bare = await failure(countPrefixes({ endpoints: [endpoint], ca: args.ca ?? "" }, secrets));
    expect(bare).toMatch(
      /^etcd gave no answer: https:\/\/127.0.0.1:\d+: .*\n {2}expected: +its client port, with the authority and client/,
    );
    const stranger = await failure(countPrefixes({ endpoints: [endpoint] }, secrets));
    expect(stranger).toMatch(/self-signed certificate|unable to verify/);
    expect(await failure(countPrefixes({ endpoints: [] }, secrets))).toContain("no endpoints");
  });
});

test("on a real control plane the counts are those of the API, resource by resource", async () => {
  const cluster = await startTestCluster("audit", {
    encryption: { text: configurationOf({ name: "key1", secret: secretOf(1) }) },
  });
  try {
    const { client } = cluster;
    const secret = (name: string) => ({ metadata: { name }, data: {} });
    for (const name of ["a", "b"]) await client.post("/api/v1/namespaces/default/secrets", secret(name));
    for (const [at, object] of Object.entries(elsewhere))
      await client.post(at, { metadata: { name: "one" }, ...object });
    const etcd = { endpoints: [cluster.etcd] };
    expect(await countPrefixes(etcd, secrets)).toEqual({ "k8s:enc:aescbc:v1:key1:": 2 });

    const differences: string[] = [];
    let resources = 0;
    for (const { group, plural, path: list } of await listable(client)) {
      // Written all the time, or shown from two groups with one place, or made up on the spot.
      if (["leases", "events", "componentstatuses"].includes(plural)) continue;
      // Controllers of a young cluster still write (service accounts, their ConfigMaps): the same before and after.
      let [before, found, after] = ["", 0, "-"];
      for (let look = 0; before !== after && look < 20; look++) {
        before = await names(client, list);
        found = Object.values(await countPrefixes(etcd, { group, plural })).reduce((sum, each) => sum + each, 0);
        after = await names(client, list);
      }
      const listed = after === "" ? 0 : after.split(" ").length;
      if (listed > 0) resources++;
      if (found !== listed) differences.push(`${plural}.${group}: etcd ${found}, API ${listed}`);
    }
    expect(differences).toEqual([]);
    expect(resources).toBeGreaterThan(12);
  } finally {
    await cluster.stop();
  }
});

/** One of each kind that etcd keeps under another name than its own, where a young cluster has none. */
const elsewhere = {
  "/api/v1/nodes": {},
  "/api/v1/namespaces/default/endpoints": { subsets: [{ addresses: [{ ip: "192.0.2.1" }], ports: [{ port: 80 }] }] },
  "/api/v1/namespaces/default/replicationcontrollers": {
    spec: {
      replicas: 0,
      selector: { app: "one" },
      template: { metadata: { labels: { app: "one" } }, spec: { containers: [{ name: "one", image: "one" }] } },
    },
  },
  "/apis/networking.k8s.io/v1/namespaces/default/ingresses": {
    spec: { defaultBackend: { service: { name: "one", port: { number: 80 } } } },
  },
};

/** The uids of what a list holds; the empty text for nothing. */
async function names(client: Client, list: string): Promise<string> {
  const { items } = (await client.get(list)) as { items: { metadata: { uid: string } }[] };
  return items.map(({ metadata }) => metadata.uid).join(" ");
}

/** Every resource that can be listed, in its preferred version. */
async function listable(client: Client) {
  const { groups } = await client.get("/apis");
  const versions = [
    { group: "", at: "/api/v1" },
    ...groups.map(({ name, preferredVersion }: { name: string; preferredVersion: { version: string } }) => ({
      group: name,
      at: `/apis/${name}/${preferredVersion.version}`,
    })),
  ] as { group: string; at: string }[];
  const found: { group: string; plural: string; path: string }[] = [];
  for (const { group, at } of versions) {
    const { resources } = (await client.get(at)) as { resources: { name: string; verbs: string[] }[] };
    for (const { name, verbs } of resources) {
      if (verbs.includes("list") && !name.includes("/")) found.push({ group, plural: name, path: `${at}/${name}` });
    }
  }
  return found;
}
