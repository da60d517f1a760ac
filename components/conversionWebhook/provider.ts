import { messageOfError } from "../kubernetes/errors";
import { connect, type StackConfig } from "../provider/connection";
import type { SharedInputs } from "../provider/inputs";
import { Row } from "../provider/row";
import { describeAuthorityStep, planNextStep, type Held, type Lifetimes, type Step } from "./authority/plan";
import { takeAuthorityStep, type Names } from "./authority/takeAuthorityStep";
import { readServedTrust, readTrust } from "./authority/trust";

interface Inputs extends Names, Lifetimes {
  cluster: SharedInputs["cluster"];
  __provider: string;
  __urn: string;
}

/** What is recorded. `held` is a secret: it has the keys. */
interface Outputs extends Inputs {
  held: string;
  caBundle: string;
  cert: string;
  key: string;
}

/** The provider behind an own authority: the certificates are in the state, and each `up` takes at most one step. */
export function provider(_name: "authority", config?: StackConfig) {
  return {
    configure: (request: { config: StackConfig }): void => void (config = request.config),
    check: (_olds: unknown, news: Inputs) => Promise.resolve({ inputs: news, failures: [] }),
    diff: async (_id: string, olds: Outputs, news: Inputs) => {
      const step = await stepFor(olds, news, config);
      const sentence = describeAuthorityStep(step);
      if (sentence !== undefined) await new Row(news.__urn).info(sentence);
      // Another name needs other certificates; whatever else changes takes effect with the next step.
      const replaces = (["service", "namespace"] as const).filter((key) => olds[key] !== news[key]);
      return { changes: replaces.length > 0 || acts(step), replaces };
    },
    create: async (inputs: Inputs) => ({ id: inputs.service, outs: await taken({ kind: "begin" }, undefined, inputs) }),
    update: async (_id: string, olds: Outputs, news: Inputs) => {
      const step = await stepFor(olds, news, config);
      return { outs: await taken(step, heldBy(olds), news) };
    },
    delete: () => Promise.resolve(),
  };
}

function acts({ kind }: Step): boolean {
  return kind !== "none" && kind !== "wait";
}

async function stepFor(olds: Outputs, news: Inputs, config: StackConfig | undefined): Promise<Step> {
  const held = heldBy(olds);
  const newest = held.authorities.at(-1);
  if (held.authorities.length < 2 || newest === undefined) return planNextStep(held, news, new Date());
  const cluster = await connect(news, config);
  const isSigning = held.signedBy === newest.cert;
  const seen = isSigning
    ? { served: await readServedTrust(cluster, olds, held.leaf.cert) }
    : { trust: await readTrust(cluster, olds, newest.cert) };
  return planNextStep(held, news, new Date(), seen);
}

function heldBy({ held }: Outputs): Held {
  try {
    return JSON.parse(held) as Held;
  } catch (error) {
    throw new Error(`the state of the webhook's authority cannot be read: ${messageOfError(error)}`);
  }
}

async function taken(step: Step, before: Held | undefined, inputs: Inputs): Promise<Outputs> {
  const held = await takeAuthorityStep(step, before, inputs, inputs, new Date());
  if (held === undefined) throw new Error("no authority was made");
  const { cert, key } = held.leaf;
  const caBundle = held.authorities.map((authority) => authority.cert.trim()).join("\n");
  return { ...inputs, held: JSON.stringify(held), caBundle: `${caBundle}\n`, cert, key };
}
