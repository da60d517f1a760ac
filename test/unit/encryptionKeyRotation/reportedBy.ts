import type { Reported } from "../../../components/encryptionKeyRotation/servers/reports";
import type { ReportedServer } from "../../../components/kubernetes/encryptionReport";

/** What API servers cp-1, cp-2, … tell, each as given. */
export function reportedBy(...given: Partial<ReportedServer>[]): Reported {
  const servers = given.map((each, index) => ({
    host: `cp-${index + 1}`,
    started: "1",
    reloads: 0,
    failures: 0,
    keyIds: {},
    ...each,
  }));
  return { servers, description: "", missing: [] };
}
