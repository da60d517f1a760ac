import type { WebhookClientConfig } from "../../crd/definition";
import type { KubernetesObject } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { convertObjectsByReview, WebhookError } from "./conversionReview";

const BATCH = 50;
const GATHER_MS = 5;

interface Waiting {
  readonly object: KubernetesObject;
  readonly resolve: (converted: KubernetesObject) => void;
  readonly reject: (error: unknown) => void;
}

/** Conversion to one version, several objects a request; where a request is refused as a whole, one by one. */
export class BatchedConversion {
  private waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly cluster: Cluster,
    private readonly clientConfig: WebhookClientConfig,
    private readonly desiredAPIVersion: string,
    private readonly signal: AbortSignal,
  ) {}

  convert(object: KubernetesObject): Promise<KubernetesObject> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ object, resolve, reject });
      if (this.waiting.length >= BATCH) this.flush();
      else this.timer ??= setTimeout(() => this.flush(), GATHER_MS);
    });
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const batch = this.waiting;
    this.waiting = [];
    void this.convertAll(batch);
  }

  /** Never rejects. */
  private async convertAll(batch: readonly Waiting[]): Promise<void> {
    try {
      const objects = batch.map(({ object }) => object);
      const converted = await convertObjectsByReview(
        this.cluster,
        this.clientConfig,
        objects,
        this.desiredAPIVersion,
        this.signal,
      );
      batch.forEach(({ resolve }, index) => resolve(converted[index] as KubernetesObject));
    } catch (error) {
      // One object that a webhook refuses fails its whole review; the API server itself asks for one at a time.
      const onesOwn = error instanceof WebhookError && ["refused", "answer", "status"].includes(error.trouble);
      if (batch.length > 1 && onesOwn) await Promise.all(batch.map((one) => this.convertAll([one])));
      else for (const { reject } of batch) reject(error);
    }
  }
}
