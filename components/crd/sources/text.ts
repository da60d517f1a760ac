/** One file, or what stands for one. */
export interface Text {
  readonly name: string;
  /** Its path; absent for what is no file of its own. */
  readonly file?: string;
  readonly text: string;
}

/** The texts in which CRDs are looked for. */
export interface Texts {
  readonly texts: readonly Text[];
  /** Templates of a chart that make a CRD: they are not rendered. */
  readonly unrendered: readonly string[];
}

/** A file that is read in a folder of manifests. */
export function isManifestTextName(name: string): boolean {
  return /\.(?:ya?ml|json)$/.test(name);
}
