import { randomBytes } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { readEtcd } from "../cluster/etcd";
import { say } from "../say";
import { equal } from "./claims";
import { inOrder, quote, succeeded } from "./evidence";
import type { CrdConfig } from "./stack";
import type { Tutorial } from "./steps";

const objects = 20;
const path = "/api/v1/namespaces/default/secrets";
const plainText = "of the tutorial";

/** The EncryptionConfiguration that the tutorial begins with: Secrets under aescbc, key1. */
export function tutorialsEncryption(): string {
  return `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources:
      - secrets
    providers:
      - aescbc:
          keys:
            - name: key1
              secret: ${randomBytes(32).toString("base64")}
      - identity: {}
`;
}

/** The tutorial's other half, "Re-encrypt Kubernetes secrets using SVM": its Secrets from key1 to key2, through the real CLI. */
export async function rotateKeys(tutorial: Tutorial, crds: CrdConfig[]): Promise<void> {
  const { claims, stack, cluster } = tutorial;
  const file = cluster.apiServers[0].encryptionFile;
  say("6. Secrets, encrypted with key1 of a file that was there before; now the stack's configuration says key2");
  for (let index = 0; index < objects; index++) {
    const stringData = { password: `${plainText} ${index}` };
    await cluster.client.post(path, { metadata: { name: `secret-${index}` }, stringData });
  }
  await claims.check("etcd holds every Secret under key1", () => heldUnder(tutorial, "key1"));
  const config = stack.configure("4-key2", crds, [
    {
      name: "secrets",
      resources: ["secrets"],
      keys: { write: "key2" },
      cipher: "aescbc",
      targets: [{ file }],
      requestTimeoutSeconds: tutorial.requestTimeoutSeconds,
      compactionIntervalSeconds: tutorial.compactionSeconds,
    },
  ]);
  const before = readFileSync(file, "utf8");
  await claims.check("pulumi preview shows the plan: distribute, promote, migrate, retire", async () => {
    const preview = await stack.pulumi("preview", config, quote());
    succeeded(preview);
    inOrder(preview.output, ["distribute", "promote", "migrate", "retire"]);
    equal(readFileSync(file, "utf8") === before, true);
  });
  if (!(await claims.check("pulumi up rotates", async () => succeeded(await stack.pulumi("up", config, quote())))))
    return;
  await readRotated(tutorial, file, before);
  await claims.check("preview of the unchanged program shows nothing to do", async () =>
    succeeded(await stack.pulumi("preview", config, () => undefined, ["--expect-no-changes"])),
  );
}

async function readRotated(tutorial: Tutorial, file: string, before: string): Promise<void> {
  const { claims, cluster } = tutorial;
  say("7. evidence from etcd itself, and from the file");
  await claims.check("etcd holds every Secret under key2, none under key1", () => heldUnder(tutorial, "key2"));
  await claims.check("every Secret reads as it was written", async () => {
    const { items } = (await cluster.client.get(path)) as { items: { data: { password: string } }[] };
    const read = items.map(({ data }) => Buffer.from(data.password, "base64").toString("utf8")).sort();
    equal(read, Array.from({ length: objects }, (_, index) => `${plainText} ${index}`).sort());
  });
  await claims.check("the API server's file holds key2 alone, for its owner's eyes only", () => {
    const text = readFileSync(file, "utf8");
    equal(
      [...text.matchAll(/- name: "?(\w+)"?/g)].map(([, name]) => name),
      ["key2"],
    );
    equal((statSync(file).mode & 0o777).toString(8), "600");
  });
  await claims.check("neither key stands in the stack's state in clear", async () => {
    const state = await tutorial.stack.state();
    const keys = [...`${before}\n${readFileSync(file, "utf8")}`.matchAll(/secret: "?([A-Za-z0-9+/=]{44})"?/g)];
    equal(keys.length, 2);
    equal(keys.filter(([, key = ""]) => state.includes(key)).length, 0);
  });
}

/** Prints what the Secrets begin with in etcd, and fails unless all of them are under this key. */
async function heldUnder({ cluster }: Tutorial, key: string): Promise<string> {
  const counts: Record<string, number> = {};
  for (const { value } of await readEtcd(cluster.etcd, "/registry/secrets/")) {
    const prefix = /^k8s:enc:[^:]+:v\d:[^:]+:/.exec(value)?.[0] ?? "plain";
    counts[prefix] = (counts[prefix] ?? 0) + 1;
  }
  equal(counts, { [`k8s:enc:aescbc:v1:${key}:`]: objects });
  return Object.entries(counts)
    .map(([prefix, count]) => `${count} begin with ${prefix}`)
    .join(", ");
}
