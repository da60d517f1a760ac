import type { Definition } from "../../crd/definition";

/** A CRD of OLD or NEW, and where it stands. */
export interface Found {
  readonly definition: Definition;
  readonly source: Source;
}

export interface Source {
  /** For messages: `crds/databases.yaml`, `git:main:crds/databases.yaml`, `the cluster (context prod)`. */
  readonly name: string;
  /** The path of the file, as git or the file system has it; absent for standard input and the cluster. */
  readonly file?: string;
  /** The line, from 1, of a node of the CRD. */
  readonly lineOf: (path: readonly (string | number)[]) => number;
}

/** What OLD or NEW stands for. */
export interface Input {
  /** As it was given. */
  readonly given: string;
  readonly found: readonly Found[];
  /** The cluster, which has the CRDs that it was asked for, or has not. */
  readonly isLive: boolean;
}
