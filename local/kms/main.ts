import { serveKms } from "./plugin";

const [socket = "", keysFile = ""] = process.argv.slice(2);
serveKms(socket, keysFile).then(
  () => console.log(`stand-in KMS v2 plugin of the local control plane at ${socket}`),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
