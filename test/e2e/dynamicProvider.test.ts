import { spawn, type ChildProcess } from "child_process";
import { credentials } from "@grpc/grpc-js";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { CheckRequest, ConfigureRequest, type CheckResponse } from "@pulumi/pulumi/proto/provider_pb";
import { shimText } from "../../components/provider/shim";
import { PHASES } from "../../components/versionedCRD/phase";
import { checkout } from "../../local/checkout";

jest.setTimeout(60_000);

/** The contract with @pulumi/pulumi that no type checks: cmd/dynamic-provider takes our constant text and calls what it returns. */
describe("the dynamic provider of the installed @pulumi/pulumi runs the constant text", () => {
  let plugin: ChildProcess;
  let client: ResourceProviderClient;

  beforeAll(async () => {
    const script = require.resolve("@pulumi/pulumi/cmd/dynamic-provider");
    plugin = spawn(process.execPath, [script, "127.0.0.1:1"], {
      cwd: checkout(),
      stdio: ["ignore", "pipe", "inherit"],
    });
    const port = await new Promise<string>((resolve) =>
      plugin.stdout?.once("data", (chunk: Buffer) => resolve(chunk.toString().trim())),
    );
    client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
    const request = new ConfigureRequest();
    request.setArgs(Struct.fromJavaScript({ "kubernetes:context": "from-the-stack" }));
    await new Promise<void>((resolve, reject) =>
      client.configure(request, (error) => (error === null ? resolve() : reject(error))),
    );
  });
  afterAll(() => {
    client.close();
    plugin.kill();
  });

  const check = (inputs: Record<string, JavaScriptValue>): Promise<CheckResponse> => {
    const request = new CheckRequest();
    request.setOlds(Struct.fromJavaScript({}));
    request.setNews(Struct.fromJavaScript(inputs));
    return new Promise((resolve, reject) =>
      client.check(request, (error, response) => (error === null ? resolve(response) : reject(error))),
    );
  };

  test.each(PHASES)(
    "%s: check reaches our code, the stack's configuration with it, and a problem comes back as a failure",
    async (phase) => {
      const response = await check({
        __provider: shimText("versionedCRD", phase),
        __urn: "",
        crd: "widgets.example.com",
        cluster: { kubeconfig: checkout("test", "e2e", "empty.kubeconfig") },
      });
      const [failure] = response.getFailuresList();
      expect(failure?.getReason()).toMatch(/from-the-stack/);
    },
  );
});
