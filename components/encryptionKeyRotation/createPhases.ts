import * as pulumi from "@pulumi/pulumi";
import { clusterChoiceInputs } from "../provider/clusterChoice";
import type { EncryptionKeyRotationArgs } from "./args";
import type { EtcdArgs } from "./audit/etcdGateway";
import type { DesiredKeys } from "./desiredKeys";
import type { KeyMaterial } from "./keyMaterial";
import { ROTATION_PHASES, RotationPhase, type RotationPhaseName } from "./phase";
import type { TargetArgs } from "./targets";

export function createRotationPhases(
  component: pulumi.Resource & { readonly phase: RotationPhaseName },
  name: string,
  desired: DesiredKeys,
  { material, archived }: KeyMaterial,
  args: EncryptionKeyRotationArgs,
): Record<RotationPhaseName, RotationPhase> {
  const { migrator = "in-tree", compactionIntervalSeconds = 300 } = args;
  const common = commonInputs(name, desired, args);
  const create = (phase: RotationPhaseName, inputs: pulumi.Inputs, ahead?: RotationPhase): RotationPhase => {
    const held = ROTATION_PHASES.indexOf(phase) > ROTATION_PHASES.indexOf(component.phase);
    return new RotationPhase(
      phase,
      `${name}-${phase}`,
      { ...common, ...(held && { heldBy: component.phase }), ...inputs },
      {
        parent: component,
        // By dependsOn alone: an output fed on would be unknown in preview and hide the plan.
        dependsOn: ahead === undefined ? [] : [ahead],
      },
    );
  };
  const retiring = retireArguments(args);
  const distribute = create("distribute", {
    material,
    ...(Object.keys(archived).length > 0 && { archived }),
    migrator,
    ...(args.maxKeyAgeDays !== undefined && { maxKeyAgeDays: args.maxKeyAgeDays }),
    // What only later phases act on: `up --plan` holds a program to it at its first phase, not half way. Absent where not given.
    ...(args.stopAfter !== undefined && { stopAfter: args.stopAfter }),
    ...(args.compactionIntervalSeconds !== undefined && { compactionIntervalSeconds }),
    ...retiring,
  });
  const promote = create("promote", {}, distribute);
  const migrate = create("migrate", { migrator }, promote);
  const retire = create("retire", { compactionIntervalSeconds, ...retiring }, migrate);
  return { distribute, promote, migrate, retire };
}

/** Absent where not given. */
function retireArguments({ audit, acknowledge = [], requireAcknowledgement, backup }: EncryptionKeyRotationArgs) {
  return {
    ...(audit !== undefined && { audit: pulumi.output(audit).apply(sealedEtcd) }),
    ...(acknowledge.length > 0 && { acknowledge }),
    ...(requireAcknowledgement === true && { requireAcknowledgement }),
    ...(backup !== undefined && { backup }),
  };
}

function commonInputs(name: string, desired: DesiredKeys, args: EncryptionKeyRotationArgs): pulumi.Inputs {
  return {
    rotation: name,
    desired,
    targets: sealedTargets(args.targets),
    recordIn: args.recordIn ?? "kube-system",
    cluster: clusterChoiceInputs(args),
    requestTimeoutSeconds: args.requestTimeoutSeconds ?? 60,
    decommissionedServers: args.decommissionedServers ?? [],
  };
}

/** Each part for itself where that can be: one secret in an output makes all of it one. */
function sealedTargets(targets: EncryptionKeyRotationArgs["targets"]): pulumi.Input<unknown> {
  if (!Array.isArray(targets)) return pulumi.output(targets).apply((known) => known.map(sealedTarget));
  return targets.map((target) =>
    pulumi.Output.isInstance(target) || target instanceof Promise
      ? pulumi.output(target).apply(sealedTarget)
      : sealedTarget(target),
  );
}

/** A private key is a secret whether the program says so or not. */
function sealedTarget(target: TargetArgs): pulumi.Input<unknown> {
  if (!("ssh" in target) || target.ssh.privateKey === undefined) return target;
  return { ...target, ssh: { ...target.ssh, privateKey: pulumi.secret(target.ssh.privateKey) } };
}

function sealedEtcd(etcd: EtcdArgs): pulumi.Input<unknown> {
  return etcd.key === undefined ? etcd : { ...etcd, key: pulumi.secret(etcd.key) };
}
