import { createHash } from "crypto";
import * as pulumi from "@pulumi/pulumi";
import { Secret } from "@pulumi/kubernetes/core/v1/secret";
import { refusal } from "../provider/refusal";

/** Where everything is made. */
export interface Site {
  /** Of the Deployment, the Service and whatever else; and the prefix of the rest. */
  readonly name: string;
  readonly namespace: string;
  readonly opts: pulumi.CustomResourceOptions;
  /** Which cluster that is, for what asks it itself. */
  readonly cluster: pulumi.Inputs;
}

const BYTES = 32;

/**
 * The Secret with the keys that seal sensitive fields, named by its content like the ConfigMap: threads read their keys when they
 * start, so that other keys need other pods, and those that still run keep theirs.
 */
export function createSealingKeySecret(
  site: Site,
  labels: Record<string, string>,
  keys: pulumi.Input<pulumi.Input<string>[]>,
): Secret {
  const all = pulumi.secret(keys).apply((texts) => {
    const problem = sealingKeyProblem(texts);
    if (problem === undefined) return texts;
    throw site.opts.parent === undefined ? new Error(problem) : refusal(site.opts.parent, problem);
  });
  const data = all.apply((texts) => Object.fromEntries(texts.map((text, index) => [sealingKeyFile(index), text])));
  // 40 bits of a hash of at least 256 tell nothing of the keys.
  const digest = pulumi.unsecret(
    all.apply((texts) => createHash("sha256").update(texts.join("\n")).digest("hex").slice(0, 10)),
  );
  const metadata = { name: pulumi.interpolate`${site.name}-keys-${digest}`, namespace: site.namespace, labels };
  return new Secret(`${site.name}-keys`, { metadata, immutable: true, type: "Opaque", data }, site.opts);
}

/** Read in the order of their names: the first seals. */
function sealingKeyFile(index: number): string {
  return String(index).padStart(4, "0");
}

/** What is wrong with the keys, without any of them; undefined where nothing is. */
export function sealingKeyProblem(texts: readonly string[]): string | undefined {
  const hint = `expected ${BYTES} bytes in base64 (head -c ${BYTES} /dev/urandom | base64)`;
  if (texts.length === 0) return `keys is empty; ${hint}`;
  const wrong = texts.findIndex((text) => Buffer.from(text, "base64").length !== BYTES);
  if (wrong < 0) return undefined;
  return `keys[${wrong}] is ${Buffer.from(texts[wrong] ?? "", "base64").length} bytes; ${hint}`;
}
