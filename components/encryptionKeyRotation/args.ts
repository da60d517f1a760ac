import type * as pulumi from "@pulumi/pulumi";
import { whyNoCommandBackupArgs, type CommandBackupArgs } from "../backup/args";
import { problemInOneLine, describeProblem, type Problem } from "../kubernetes/problem";
import type { ClusterArgs } from "../provider/clusterChoice";
import { whyNoAcknowledgements, whyNoRequireAcknowledgement } from "../provider/acknowledgements";
import { whyUnknownArguments } from "../provider/unknownArguments";
import { whyNoMigrationArgs } from "../provider/migrationArguments";
import { refusal } from "../provider/refusal";
import { whyNoTextLists } from "../provider/textLists";
import type { EtcdArgs } from "./audit/etcdGateway";
import type { Cipher } from "./configuration/configuration";
import type { KmsInput } from "./desiredKeys";
import { ROTATION_PHASES, type RotationPhaseName } from "./phase";
import type { TargetArgs } from "./targets";

/** A key that this component makes, or one that is given. */
export interface NamedKeyArgs {
  /** The name in the file, and in front of each object in etcd. A name keeps its bytes for ever. A new key needs a new name. */
  name: string;
  /** Default: the component's `cipher`. A name of `read` that the file already holds keeps the cipher it has there. */
  cipher?: Cipher;
  /** base64, as in the file. Default: 32 random bytes, made once, kept in the state as a secret. */
  secret?: pulumi.Input<string>;
}

/** A KMS v2 plugin. It makes and rotates its keys itself. A new key id on every API server starts the migration. */
export interface KmsKeyArgs {
  kms: KmsInput;
}

/** A key by its name, one given in full, a KMS plugin, or `"identity"`: plain data. */
export type KeyArgs = string | NamedKeyArgs | KmsKeyArgs;

/** The user's word that retire may take a key out of the file. */
export interface KeyAcknowledgement {
  check: "key-retired";
  /** The key, as preview names it: `secretbox:2026-08`, `kms:vault`, or `identity` for plain data. */
  path: string;
  /** Why it may go, for whoever reads it later. */
  reason: string;
}

/** What an EncryptionKeyRotation is given: the keys as they are to be, and where the API servers get them from. */
export interface EncryptionKeyRotationArgs extends ClusterArgs {
  /**
   * What is encrypted, as the API server understands it: `secrets`, `databases.example.com`, `*.` (the core group), `*.apps`,
   * `*.*`. Entries of the file for other resources stay as they are.
   * https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/
   */
  resources: string[];
  keys: {
    /** The key that every object is encrypted with in the end. `"identity"` goes back to plain data. */
    write: KeyArgs;
    /** Keys that stay readable after retire. Default: none. Every other key of the file is removed once no object needs it. */
    read?: KeyArgs[];
    /**
     * Names of keys whose bytes stay in the state, for old backups of etcd. They are in no server's file. When a key leaves
     * `write` and `read`, name it here for the `up` that retires it. Its resource is protected until then.
     */
    archive?: string[];
  };
  /**
   * The cipher of keys that name none. `secretbox` (default), `aescbc` (weak, says the API server's documentation) or `aesgcm`
   * (at most 200,000 writes a key). A change of it is a rotation: give the write key a new name.
   */
  cipher?: Cipher;
  /**
   * Every place from which an API server loads its EncryptionConfiguration. All of them get the same bytes. Give `[]` where that file
   * cannot be reached, as in a managed cluster. Then every key must be that of a KMS plugin, a new key id starts the migration, and
   * nobody checks that `write` is the first provider of these resources: you confirm it.
   */
  targets: pulumi.Input<pulumi.Input<TargetArgs>[]>;
  /**
   * The last phase to run: `distribute`, `promote`, `migrate` or `retire`. Default: `retire`, the whole rotation. Lowering it
   * reverses nothing that has been done.
   */
  stopAfter?: RotationPhaseName;
  /**
   * Who rewrites the objects. `in-tree` (default): a StorageVersionMigration for each resource where the cluster serves them,
   * and our own pass, which is the proof. The former is ended early and deleted where it takes much longer (docs/order.md).
   * `direct`: our own pass alone.
   */
  migrator?: "in-tree" | "direct";
  /**
   * Seconds: the API servers' `--request-timeout`. Default: 60, Kubernetes' own. A request that began before the key
   * changed may still use the old key for that long, so migrate waits. Too low a number can leave objects under a retired key.
   * https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
   */
  requestTimeoutSeconds?: number;
  /**
   * Seconds: the API servers' `--etcd-compaction-interval`. Default: 300, Kubernetes' own. For up to twice as long etcd keeps
   * old revisions of objects, under the old key, so retire waits. With too low a number, reads at old revisions fail for the rest of
   * that time.
   */
  compactionIntervalSeconds?: number;
  /**
   * Hostnames of API servers that will never come back, although their Lease is still there. Default: none. A server that
   * does come back with a retired key can read nothing. Name only what is destroyed.
   */
  decommissionedServers?: string[];
  /**
   * Keys that retire may take out of the file, each with the reason. Needed where `requireAcknowledgement` is set. Default: none. One
   * that names a key which retire does not remove is an error.
   */
  acknowledge?: KeyAcknowledgement[];
  /**
   * Retire waits for your confirmation: it is an error at preview until `acknowledge` names each key that goes, as
   * `{ check: "key-retired", path: "secretbox:2026-08", reason: "…" }`. Default: false. Set it in the configuration of the stacks where
   * nobody may retire a key by the way. Take the acknowledgement out afterwards: until then preview warns of it.
   */
  requireAcknowledgement?: boolean;
  /** Days after which preview and `up` warn of the write key's age. Default: no warning. */
  maxKeyAgeDays?: number;
  /** Namespace of the ConfigMap `encryption-key-rotation`, which holds the proofs. Default: `kube-system`. */
  recordIn?: string;
  /**
   * How to ask etcd itself which keys its objects are under. Preview counts them, and retire looks once more before a key goes.
   * Default: etcd is not asked. The proof comes from the API servers.
   */
  audit?: pulumi.Input<EtcdArgs>;
  /**
   * A program of yours that saves etcd right before a key goes: `{ command: ["etcdctl", "snapshot", "save", …] }`. Where it fails,
   * no key goes. Default: none. What it saves is under the write key: keep its bytes as long as the backup.
   */
  backup?: CommandBackupArgs;
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
  acknowledge: true,
  requireAcknowledgement: true,
  recordIn: true,
  audit: true,
  backup: true,
  kubeconfig: true,
  context: true,
  clusterId: true,
};

/** Everything that can be wrong with an argument by itself; what hangs on keys and resources together is for readDesiredKeys. */
export function checkRotationArgs(component: pulumi.Resource, args: EncryptionKeyRotationArgs): void {
  const problems = [
    ...linesOf(whyUnknownArguments(args, KNOWN)),
    ...wrongChoices(args),
    ...linesOf(...whyNoMigrationArgs(args)),
    ...wrongNumbers(args),
    ...wrongAcknowledgements(args),
    ...linesOf(whyNoTextLists(args, ["decommissionedServers"])),
  ];
  if (problems.length > 0) throw refusal(component, problems.join("\n"));
}

/** One line a problem: all that is wrong is told at once. */
function linesOf(...problems: (Problem | undefined)[]): string[] {
  return problems.flatMap((problem) => (problem === undefined ? [] : [problemInOneLine(problem)]));
}

function wrongChoices({ stopAfter = "retire", targets, backup }: EncryptionKeyRotationArgs): string[] {
  const problems = linesOf(backup === undefined ? undefined : whyNoCommandBackupArgs(backup));
  if (!ROTATION_PHASES.includes(stopAfter)) {
    problems.push(`stopAfter is ${String(stopAfter)}; expected one of ${ROTATION_PHASES.join(", ")}`);
  }
  if (targets === undefined) {
    problems.push(
      "targets is missing; expected every place from which an API server loads its EncryptionConfiguration, such as { file: … } or { ssh: … }",
    );
  }
  return problems;
}

function wrongAcknowledgements({ acknowledge = [], requireAcknowledgement }: EncryptionKeyRotationArgs): string[] {
  const wrong = whyNoAcknowledgements(acknowledge, {
    isCheck: (check) => check === "key-retired",
    checks: "key-retired",
    example: `{ check: "key-retired", path: "secretbox:2026-08", reason: "…" }`,
  });
  return [wrong, whyNoRequireAcknowledgement(requireAcknowledgement)].flatMap((each) =>
    each ? [describeProblem(each)] : [],
  );
}

/** A wait of no length, from a value that is no number, would be a gate left open. */
function wrongNumbers({ compactionIntervalSeconds = 300, maxKeyAgeDays = 90 }: EncryptionKeyRotationArgs): string[] {
  const isWhole = (value: unknown, from: number, to: number): boolean =>
    Number.isInteger(value) && (value as number) >= from && (value as number) <= to;
  return [
    ...(isWhole(compactionIntervalSeconds, 0, 86_400)
      ? []
      : [
          `compactionIntervalSeconds is ${String(compactionIntervalSeconds)}; expected whole seconds from 0 to 86400, the API servers' --etcd-compaction-interval`,
        ]),
    ...(isWhole(maxKeyAgeDays, 1, 36_500)
      ? []
      : [`maxKeyAgeDays is ${String(maxKeyAgeDays)}; expected whole days, at least 1`]),
  ];
}
