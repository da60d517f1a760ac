import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { type AppliedCredentials, loadKubeconfigContext } from "../../../components/kubernetes/kubeconfig";

// What the API server makes of these is in e2e/authentication.
let folder: string;
beforeAll(() => void (folder = fs.mkdtempSync(path.join(os.tmpdir(), "kubeconfig-"))));
afterAll(() => fs.rmSync(folder, { recursive: true }));

function config(user: object | undefined, cluster: object = {}, contextUser: string | null = "u"): string {
  return JSON.stringify({
    clusters: [{ name: "c", cluster: { server: "https://cp", ...cluster } }],
    users: user === undefined ? [] : [{ name: "u", user }],
    contexts: [{ name: "x", context: { cluster: "c", ...(contextUser !== null && { user: contextUser }) } }],
    "current-context": "x",
  });
}

async function applied(...args: Parameters<typeof config>): Promise<AppliedCredentials> {
  return (await loadKubeconfigContext({ kubeconfig: config(...args) })).apply();
}

test("a token file's newline does not get into the header, and the file wins over a token", async () => {
  const tokenFile = path.join(folder, "token");
  fs.writeFileSync(tokenFile, "fresh\n");
  expect((await applied({ token: "stale", tokenFile })).headers).toEqual({ Authorization: "Bearer fresh" });
});

test("impersonation beyond the user: groups, uid, extra", async () => {
  const user = {
    token: "t",
    as: "jane",
    "as-groups": ["a", "b"],
    "as-uid": "7",
    "as-user-extra": { "k/é": ["v", "w"] },
  };
  expect((await applied(user)).headers).toEqual({
    Authorization: "Bearer t",
    "Impersonate-User": "jane",
    "Impersonate-Group": ["a", "b"],
    "Impersonate-Uid": "7",
    "Impersonate-Extra-k%2F%C3%A9": ["v", "w"],
  });
});

test("two users of one name whose impersonation differs share no session", async () => {
  const fingerprint = async (group: string): Promise<string> =>
    (await loadKubeconfigContext({ kubeconfig: config({ token: "t", as: "jane", "as-groups": [group] }) })).fingerprint;
  expect(await fingerprint("a")).not.toBe(await fingerprint("b"));
});

test("a context without a user is anonymous, and still knows the cluster's authority", async () => {
  const authority = { "certificate-authority-data": Buffer.from("pem").toString("base64") };
  const { ca, headers } = await applied(undefined, authority, null);
  expect([String(ca), headers]).toEqual(["pem", {}]);
});

test("a context whose user is not there says so", async () => {
  const loading = loadKubeconfigContext({ kubeconfig: config(undefined, {}, "nobody") });
  await expect(loading).rejects.toThrow(/context x: its user nobody is not in kubeconfig \(content given\)/);
});

test("a context that is not there: each file it was looked for in, and those that are there", async () => {
  const files = ["first", "second"].map((name) => path.join(folder, name));
  for (const file of files) fs.writeFileSync(file, config({ token: "t" }));
  const [kubeconfig = ""] = files;
  const missing = (where: string): string =>
    `no context prod in kubeconfig ${where}\n  expected: one of its contexts: x\n  next:     set \`context\` to one of them (at a terminal: \`--context\`)`;
  await expect(loadKubeconfigContext({ kubeconfig, context: "prod" })).rejects.toThrow(missing(kubeconfig));
  const before = process.env["KUBECONFIG"];
  process.env["KUBECONFIG"] = files.join(path.delimiter);
  try {
    await expect(loadKubeconfigContext({ context: "prod" })).rejects.toThrow(missing(files.join(", ")));
  } finally {
    if (before === undefined) delete process.env["KUBECONFIG"];
    else process.env["KUBECONFIG"] = before;
  }
});

test("insecure-skip-tls-verify and tls-server-name are the user's to choose", async () => {
  const chosen = { "insecure-skip-tls-verify": true, "tls-server-name": "other" };
  expect(await applied({ token: "t" }, chosen)).toMatchObject({ rejectUnauthorized: false, servername: "other" });
  expect(await applied({ token: "t" })).not.toHaveProperty("rejectUnauthorized");
});
