/** What is true of a phase wherever it runs, for whoever decides whether it may. */
export interface PhaseFacts {
  readonly component: "VersionedCRD" | "EncryptionKeyRotation" | "StorageMigration";
  readonly phase: string;
  /** The input that says what it is about. */
  readonly about: string;
  readonly canBeUndone: boolean;
  /** How, or why not. */
  readonly undo: string;
  readonly onFailure: string;
}

const BACK =
  "yes, until drop, where the old version has every field of the new one or a webhook converts: make the old version the storage version again and run `pulumi up`";
const GO_ON = "the next `pulumi up` goes on";
const VERSIONED_CRD = { component: "VersionedCRD", about: "crd" } as const;
const ROTATION = { component: "EncryptionKeyRotation", about: "rotation" } as const;

/** By the last part of the resource's type token, in the order in which the phases run: docs/order.md, docs/rotation.md. */
export const PHASE_FACTS: Readonly<Record<string, PhaseFacts>> = {
  Serve: {
    ...VERSIONED_CRD,
    phase: "serve",
    canBeUndone: true,
    undo: "yes: put the manifest back and run `pulumi up`; a CRD that was created stays unless onDelete says otherwise",
    onFailure: `stops; no object was touched and the storage version is as it was; ${GO_ON}`,
  },
  Rehearse: {
    ...VERSIONED_CRD,
    phase: "rehearse",
    canBeUndone: true,
    undo: "nothing to undo: it writes no object",
    onFailure: `stops before the flip and names the objects; ${GO_ON}`,
  },
  Store: {
    ...VERSIONED_CRD,
    phase: "store",
    canBeUndone: true,
    undo: BACK,
    onFailure: `stops; nothing was rewritten or dropped; ${GO_ON}`,
  },
  Migrate: {
    ...VERSIONED_CRD,
    phase: "migrate",
    canBeUndone: true,
    undo: `${BACK}, which rewrites every object`,
    onFailure: `stops and names the objects; storedVersions is as it was and nothing is dropped; ${GO_ON}`,
  },
  Drop: {
    ...VERSIONED_CRD,
    phase: "drop",
    canBeUndone: false,
    undo: "no: clients of the version are refused from then on; the objects stay",
    onFailure: `stops; a version that is still needed is put back, and a removal that was cut off is finished by the next \`pulumi up\``,
  },
  Distribute: {
    ...ROTATION,
    phase: "distribute",
    canBeUndone: true,
    undo: "yes: name the keys as they were and run `pulumi up`",
    onFailure: `stops; a file that a server rejects is put back on all targets; ${GO_ON}`,
  },
  Promote: {
    ...ROTATION,
    phase: "promote",
    canBeUndone: true,
    undo: "yes, until retire: name the old key as `write` again and run `pulumi up`",
    onFailure: `stops; a file that a server rejects is put back on all targets; ${GO_ON}`,
  },
  MigrateKeys: {
    ...ROTATION,
    phase: "migrate",
    canBeUndone: true,
    undo: "yes, until retire: name the old key as `write` again and run `pulumi up`, which rewrites every object",
    onFailure: `stops; every key stays readable and none is retired; ${GO_ON}`,
  },
  Retire: {
    ...ROTATION,
    phase: "retire",
    canBeUndone: false,
    undo: "no: what only the old key reads, as old backups of etcd, is lost unless its bytes are kept (`archive`)",
    onFailure: `stops; no key goes without a proof of every resource; ${GO_ON}`,
  },
  MigrateObjects: {
    component: "StorageMigration",
    about: "resource",
    phase: "migrate",
    canBeUndone: false,
    undo: "no: storedVersions of a CRD loses the old versions; the objects, and every served version, stay",
    onFailure: `stops for what failed, whose storedVersions and proof are as they were; the others are done; ${GO_ON}`,
  },
};
