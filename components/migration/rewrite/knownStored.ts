/**
 * The resourceVersions at which objects are known to be stored as the API servers store now: what they answered to a PATCH `{}`.
 * A number each, held twice once they are sorted, and no name: a resourceVersion is the revision of etcd that wrote the object,
 * and the API server writes one object a revision (k8s.io/apiserver pkg/storage/etcd3/store.go), so no other object and no later
 * state has the same.
 */
export class KnownStored {
  private readonly added: number[] = [];
  private sorted = new Float64Array(0);

  get size(): number {
    return this.added.length;
  }

  add(resourceVersion: string | undefined): void {
    const revision = revisionOf(resourceVersion);
    if (!Number.isNaN(revision)) this.added.push(revision);
  }

  addAll({ added }: KnownStored): void {
    for (const revision of added) this.added.push(revision);
  }

  has(resourceVersion: string | undefined): boolean {
    if (this.added.length !== this.sorted.length) this.sorted = Float64Array.from(this.added).sort();
    const revision = revisionOf(resourceVersion);
    let from = 0;
    let to = this.sorted.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.sorted[middle] ?? Infinity) < revision) from = middle + 1;
      else to = middle;
    }
    return this.sorted[from] === revision;
  }
}

/** NaN where it is no whole number, as an aggregated API server may have it: such an object is never known. */
function revisionOf(resourceVersion: string | undefined): number {
  const revision = Number(resourceVersion);
  return Number.isSafeInteger(revision) && String(revision) === resourceVersion ? revision : NaN;
}
