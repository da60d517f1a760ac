import { servePlugin } from "./serve";
import { handlers } from "./provider";

servePlugin(handlers);
