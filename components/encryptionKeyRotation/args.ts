import type * as pulumi from "@pulumi/pulumi";
import type { ClusterArgs } from "../provider/clusterChoice";
import { refusal } from "../provider/refusal";
import type { EtcdArgs } from "./audit/etcdGateway";
import type { Cipher } from "./configuration/configuration";
import type { KmsInput } from "./desiredKeys";
import { ROTATION_PHASES, type RotationPhaseName } from "./phase";
import type { TargetArgs } from "./targets";

/** A key that this component makes, or one that is given. */
export interface NamedKeyArgs {
  /** As it stands in the file and before each object in etcd. A name keeps its bytes for ever: a new key needs a new name. */
  name: string;
  /** Default: the component's `cipher`; a name of `read` that the file holds under another one keeps that. */
  cipher?: Cipher;
  /** base64, as in the file. Default: 32 random bytes, made once, kept in the state as a secret. */
  secret?: pulumi.Input<string>;
}

/** A KMS v2 plugin. Its keys are its own: it rotates by itself, and a new key id on every API server starts the migration. */
export interface KmsKeyArgs {
  kms: KmsInput;
}

/** A key by its name, one given in full, a KMS plugin, or `"identity"`: plain data. */
export type KeyArgs = string | NamedKeyArgs | KmsKeyArgs;

/** What an EncryptionKeyRotation is given: the keys as they are to be, and where the API servers get them from. */
export interface EncryptionKeyRotationArgs extends ClusterArgs {
  /**
   * What is encrypted, as the API server understands it: `secrets`, `databases.example.com`, `*.` (the core group), `*.apps`,
   * `*.*`. Entries of the file for other resources stay as they are.
   * https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/
   */
  resources: string[];
  keys: {
    /** The key that every object ends up under. `"identity"` goes back to plain data. */
    write: KeyArgs;
    /** Keys that stay readable after retire. Default: none; whatever else the file holds goes, once nothing is under it. */
    read?: KeyArgs[];
    /**
     * Names of keys whose bytes are kept in the state for old backups of etcd; they are in no server's file. A key that leaves
     * `write` and `read` must be named here for the `up` that retires it: its resource is protected until then.
     */
    archive?: string[];
  };
  /**
   * How keys that name none encrypt: `secretbox` (default), `aescbc` (weak, as the API server's documentation says) or `aesgcm`
   * (at most 200,000 writes a key). Changing it is a rotation: give the write key a new name.
   */
  cipher?: Cipher;
  /**
   * Every place from which an API server loads its EncryptionConfiguration; all of them get the same bytes. `[]` where that file cannot be
   * reached, as in a managed cluster, and every key is that of a KMS plugin: a new key id then starts the migration, and it is your word
   * that `write` is the first provider of these resources.
   */
  targets: pulumi.Input<pulumi.Input<TargetArgs>[]>;
  /**
   * The last phase to run: `distribute`, `promote`, `migrate` or `retire`. Default: `retire`, the whole rotation. Lowering it
   * reverses nothing that has been done.
   */
  stopAfter?: RotationPhaseName;
  /**
   * Who rewrites the objects. `in-tree` (default): a StorageVersionMigration for each resource where the cluster serves them,
   * then our own pass, which is the proof. `direct`: our own pass alone.
   */
  migrator?: "in-tree" | "direct";
  /**
   * Seconds: the API servers' `--request-timeout`. Default: 60, Kubernetes' own. Requests that began before a key changed keep
   * the old one for that long, so it is waited out. Too low a number can leave objects under a key that is retired.
   * https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
   */
  requestTimeoutSeconds?: number;
  /**
   * Seconds: the API servers' `--etcd-compaction-interval`. Default: 300, Kubernetes' own. Until then etcd keeps what objects were
   * before, under the old key; retire waits for it. Too low a number makes reads at old revisions fail for that long.
   */
  compactionIntervalSeconds?: number;
  /**
   * Hostnames of API servers that will never come back, although their Lease is still there. Default: none. A server that does
   * come back with a key that was retired reads nothing: name only what is destroyed.
   */
  decommissionedServers?: string[];
  /** Days after which preview and `up` warn of the write key's age. Default: no warning. */
  maxKeyAgeDays?: number;
  /** Namespace of the ConfigMap `encryption-key-rotation`, which holds the proofs. Default: `kube-system`. */
  recordIn?: string;
  /**
   * How to ask etcd itself which keys its objects are under: counted in preview, and the last word before a key is retired.
   * Default: etcd is not asked; the proof comes from the API servers.
   */
  audit?: pulumi.Input<EtcdArgs>;
}

const KNOWN: Record<keyof EncryptionKeyRotationArgs, true> = {
  resources: true,
  keys: true,
  cipher: true,
  targets: true,
  stopAfter: true,
  migrator: true,
  requestTimeoutSeconds: true,
  compactionIntervalSeconds: true,
  decommissionedServers: true,
  maxKeyAgeDays: true,
  recordIn: true,
  audit: true,
  kubeconfig: true,
  context: true,
  clusterId: true,
};

/** Everything that can be wrong with an argument by itself; what hangs on keys and resources together is for readDesiredKeys. */
export function checkRotationArgs(component: pulumi.Resource, args: EncryptionKeyRotationArgs): void {
  const problems = [...misspelt(args), ...wrongChoices(args), ...wrongNumbers(args)];
  if (problems.length > 0) throw refusal(component, problems.join("\n"));
}

/** In a JavaScript program nobody else would notice, and `stopafter: "migrate"` would hold nothing back. */
function misspelt(args: object): string[] {
  const unknown = Object.keys(args).filter((key) => !(key in KNOWN));
  if (unknown.length === 0) return [];
  return [`unknown argument ${unknown.join(", ")}; expected only ${Object.keys(KNOWN).sort().join(", ")}`];
}

function wrongChoices({ stopAfter = "retire", migrator = "in-tree", targets }: EncryptionKeyRotationArgs): string[] {
  const problems: string[] = [];
  if (!ROTATION_PHASES.includes(stopAfter)) {
    problems.push(`stopAfter is ${String(stopAfter)}; expected one of ${ROTATION_PHASES.join(", ")}`);
  }
  if (migrator !== "in-tree" && migrator !== "direct") {
    problems.push(`migrator is ${String(migrator)}; expected in-tree or direct`);
  }
  if (targets === undefined) {
    problems.push(
      "targets is missing; expected every place from which an API server loads its EncryptionConfiguration, such as { file: … } or { ssh: … }",
    );
  }
  return problems;
}

/** A wait of no length, from a value that is no number, would be a gate left open. */
function wrongNumbers(args: EncryptionKeyRotationArgs): string[] {
  const { requestTimeoutSeconds = 60, compactionIntervalSeconds = 300, maxKeyAgeDays = 90 } = args;
  const whole = (value: unknown, from: number, to: number): boolean =>
    Number.isInteger(value) && (value as number) >= from && (value as number) <= to;
  return [
    ...(whole(requestTimeoutSeconds, 1, 3600)
      ? []
      : [
          `requestTimeoutSeconds is ${String(requestTimeoutSeconds)}; expected whole seconds from 1 to 3600, the API servers' --request-timeout`,
        ]),
    ...(whole(compactionIntervalSeconds, 0, 86_400)
      ? []
      : [
          `compactionIntervalSeconds is ${String(compactionIntervalSeconds)}; expected whole seconds from 0 to 86400, the API servers' --etcd-compaction-interval`,
        ]),
    ...(whole(maxKeyAgeDays, 1, 36_500)
      ? []
      : [`maxKeyAgeDays is ${String(maxKeyAgeDays)}; expected whole days, at least 1`]),
  ];
}
