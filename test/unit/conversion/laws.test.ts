import { laws } from "../../../components/conversionTesting/checkLaws";
import { databases, oddities, selfies, widgets } from "./examples";

laws(selfies);
laws(databases);
laws(widgets, { runs: 40 });
laws(oddities, { runs: 60 });
