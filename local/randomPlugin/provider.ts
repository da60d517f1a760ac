import { randomBytes } from "node:crypto";
import { status, type sendUnaryData, type ServerUnaryCall, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";

const VERSION = "4.21.2";
const TYPE = "random:index/randomBytes:RandomBytes";

const STAND_IN =
  "stand-in for the official random plugin, RandomBytes only: it comes only by download and could not be had here; what a run with it shows is no evidence of the official plugin's own behaviour";

/** How the engine marks a secret. https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/runtime/rpc.ts, specialSigKey */
const SECRET = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
/** The same, unknownValue. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

type Properties = Record<string, JavaScriptValue>;

/** RandomBytes as the official plugin has it: `length` bytes, made once; another length or other keepers replace it. */
export function handlers(warn: (message: string) => void): UntypedServiceImplementation {
  return {
    getPluginInfo: answer(() => new PluginInfo().setVersion(VERSION)),
    getSchema: answer(() =>
      new messages.GetSchemaResponse().setSchema(JSON.stringify({ name: "random", version: VERSION, resources: {} })),
    ),
    checkConfig: answer(checked),
    diffConfig: answer(() => new messages.DiffResponse().setChanges(messages.DiffResponse.DiffChanges.DIFF_NONE)),
    configure: answer(() => new messages.ConfigureResponse().setSupportspreview(true).setAcceptsecrets(true)),
    check: answer((request: messages.CheckRequest) => {
      warn(STAND_IN);
      if (!request.getUrn().includes(`${TYPE}::`)) throw new Error(`${STAND_IN}; it has no ${request.getUrn()}`);
      return checked(request);
    }),
    diff: answer((request: messages.DiffRequest) => {
      const [olds, news] = [fields(request.getOlds()), fields(request.getNews())];
      const moved = ["length", "keepers"].filter((key) => JSON.stringify(olds[key]) !== JSON.stringify(news[key]));
      const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
      const response = new messages.DiffResponse();
      response.setChanges(moved.length === 0 ? DIFF_NONE : DIFF_SOME);
      response.setReplacesList(moved);
      return response;
    }),
    create: answer((request: messages.CreateRequest) => {
      const inputs = fields(request.getProperties());
      const bytes = randomBytes(Number(inputs["length"]));
      const made = request.getPreview()
        ? { base64: secret(UNKNOWN), hex: secret(UNKNOWN) }
        : { base64: secret(bytes.toString("base64")), hex: secret(bytes.toString("hex")) };
      const response = new messages.CreateResponse();
      response.setId(request.getPreview() ? "" : "none");
      response.setProperties(Struct.fromJavaScript({ ...inputs, ...made }));
      return response;
    }),
    read: answer((request: messages.ReadRequest) => {
      const response = new messages.ReadResponse();
      response.setId(request.getId());
      response.setInputs(request.getInputs());
      response.setProperties(request.getProperties());
      return response;
    }),
    delete: answer(() => new Empty()),
    cancel: answer(() => new Empty()),
  };
}

function secret(value: string): Properties {
  return { ...SECRET, value };
}

function checked(request: messages.CheckRequest): messages.CheckResponse {
  const response = new messages.CheckResponse();
  response.setInputs(request.getNews());
  return response;
}

function fields(value: Struct | undefined): Properties {
  return value?.toJavaScript() ?? {};
}

function answer<Request, Response>(work: (request: Request) => Response) {
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => {
    try {
      callback(null, work(call.request));
    } catch (error) {
      callback({ code: status.UNKNOWN, message: (error as Error).message });
    }
  };
}
