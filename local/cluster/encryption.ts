import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { writePrivately } from "./kubeconfig";

/** Encryption at rest of a local cluster: https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/. */
export interface EncryptionOptions {
  /** Where a server's own EncryptionConfiguration lies. @default DIR/encryption/HOST/config.yaml */
  file?: (host: string) => string;
  /** What such a file holds that is not there yet. @default Secrets in plain text */
  text?: string;
  /** How often a server looks at its file; real ones do it every minute. @default 500 */
  pollMs?: number;
  /** Off: a server reads its file only when it starts. @default true */
  automaticReload?: boolean;
}

/** For one server. */
export interface EncryptionSettings {
  file: string;
  pollMs: number;
  automaticReload: boolean;
}

// A server does not start without a file, nor with one that names no resource.
const plain = `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets]
    providers:
      - identity: {}
`;

/** Each server has a file of its own, so that one of them can be made to lag. */
export function prepareEncryption(dir: string, host: string, options: EncryptionOptions): EncryptionSettings {
  const file = options.file?.(host) ?? join(dir, "encryption", host, "config.yaml");
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (!existsSync(file)) writePrivately(file, options.text ?? plain);
  return { file, pollMs: options.pollMs ?? 500, automaticReload: options.automaticReload ?? true };
}
