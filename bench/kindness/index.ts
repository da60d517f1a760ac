import { Cluster } from "../../components/kubernetes/cluster";
import { say } from "../../local/say";
import { customResources } from "../peers/cases/customResources";
import { compare } from "../peers/compare";
import { describeTroubles } from "../peers/figures";
import { describeLoad, describeMachine, describeVersions } from "../peers/machine";
import type { Case, Stage, Subject } from "../peers/stage";
import { inTree } from "../peers/subjects/inTree";
import { ourPass } from "../peers/subjects/ours";
import { findProgram } from "../peers/subjects/programs";
import type { Row } from "../rows";
import { figuresOf, figuresOfNobody } from "./figures";
import { OtherClient, type Seen } from "./otherClient";
import type { Refusals } from "./refusals";
import { leanest, limitedPass, nobody, withoutBackOff } from "./subjects";

/** As a pipeline's service account; an administrator's requests pass by API Priority and Fairness. */
const USER = "migrator";
const EVERYTHING = [
  { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
  { nonResourceURLs: ["*"], verbs: ["*"] },
];

/** How long another client waits for its answers while objects are migrated, by us, by Kubernetes and by the leanest client. */
export async function kindness({ runs, objects }: { runs: number; objects: number }): Promise<Row[]> {
  say(describeMachine());
  const lean = await findProgram("lean");
  const of = await customResources("None", { servers: 1, objects });
  try {
    say(await describeVersions(of.local));
    const rows = await measureAll(of, runs, objects, typeof lean === "string" ? [leanest(lean)] : []);
    say(`at the end: ${describeLoad()}`);
    if (typeof lean !== "string") say(`${lean.name} took no part: ${lean.why}`);
    return rows;
  } finally {
    await of.end();
  }
}

async function measureAll(of: Case, runs: number, objects: number, lean: readonly Subject[]): Promise<Row[]> {
  const kubeconfig = await of.local.userKubeconfig(USER, EVERYTHING);
  const cluster = await Cluster.connect({ kubeconfig });
  const other = await OtherClient.start(of.local);
  const asUser = (stage: Stage): Stage => ({ ...stage, cluster, local: { ...stage.local, kubeconfig } });
  try {
    const refusals: Refusals[] = [];
    const limited = limitedPass(USER, refusals);
    const measured = [nobody(objects), ourPass, withoutBackOff, inTree, ...lean, limited].map((subject) => {
      const seen: Seen[] = [];
      const run = async (stage: Stage): Promise<void> => {
        other.begin();
        await subject.run(asUser(stage)).finally(async () => seen.push(await other.end()));
      };
      return { subject: { ...subject, run }, seen, refusals: subject === limited ? refusals : [] };
    });
    const subjects = measured.map(({ subject }) => subject);
    const found = await Promise.race([compare(of, subjects, runs), other.ended]);
    const [idle, ...others] = measured.map(({ subject, ...met }) => ({
      ...met,
      subject,
      runs: found.get(subject) ?? [],
    }));
    if (idle === undefined) return [];
    for (const each of others) describeTroubles(of.name, each.subject, each.runs).forEach(say);
    return [...figuresOfNobody(of.name, idle), ...others.flatMap((each) => figuresOf(of.name, each, idle))];
  } finally {
    other.stop();
    cluster.close();
  }
}
