import { execFileSync } from "child_process";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { checkout } from "../../../local/checkout";

jest.setTimeout(60_000);

/** Every script that a process of its own loaded, by V8's own record. */
function loadedBy(program: string): string[] {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "loaded-"));
  try {
    const env = { ...process.env, NODE_V8_COVERAGE: folder };
    execFileSync(process.execPath, ["-r", "ts-node/register/transpile-only", "-e", program], { cwd: checkout(), env });
    return fs.readdirSync(folder).flatMap((file) => {
      const { result } = JSON.parse(fs.readFileSync(path.join(folder, file), "utf8")) as { result: { url: string }[] };
      return result.map(({ url }) => url);
    });
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

test("credentials are read without the classes of the Kubernetes API, which take half a second and 50 MiB", () => {
  const kubeconfig = JSON.stringify({
    clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
    users: [{ name: "u", user: { token: "t" } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  });
  const loaded = loadedBy(`
    require("./components/versionedCRD/provider");
    const { loadKubeconfigContext } = require("./components/kubernetes/kubeconfig");
    loadKubeconfigContext(${JSON.stringify({ kubeconfig })}).then((context) => context.apply());
  `);
  const ofClient = loaded.flatMap((url) => url.split("/@kubernetes/client-node/")[1] ?? []);
  expect(ofClient).toEqual(["dist/config_types.js"]);
});
