import { laws } from "../../../components/conversionTesting/laws";
import { databases, oddities, selfies, widgets } from "./examples";

laws(selfies);
laws(databases);
laws(widgets, { runs: 40 });
laws(oddities, { runs: 60 });
