import { credentials, Server, ServerCredentials, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";

/** A plugin as the Pulumi engine starts it: its address is the last argument; answers with its own port on the first line. */
export function servePlugin(handlers: (warn: (message: string) => void) => UntypedServiceImplementation): void {
  const server = new Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  server.addService(ResourceProviderService, handlers(warner(process.argv.at(-1) ?? "")));
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    console.log(port);
  });
}

/** Says a thing once, above the run's resources. */
function warner(engineAddress: string): (message: string) => void {
  const said = new Set<string>();
  const engine = new EngineClient(engineAddress, credentials.createInsecure());
  return (message) => {
    if (said.has(message)) return;
    said.add(message);
    const request = new LogRequest();
    request.setSeverity(LogSeverity.WARNING);
    request.setMessage(message);
    engine.log(request, () => undefined);
  };
}
