/** 32 bytes as base64, different for each seed. */
export function secretOf(seed: number): string {
  return Buffer.alloc(32, seed).toString("base64");
}

/** An EncryptionConfiguration of Secrets with these keys in this order. */
export function configurationOf(...keys: { name: string; secret: string }[]): string {
  const lines = keys.map(({ name, secret }) => `            - name: ${name}\n              secret: ${secret}\n`);
  return `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources:
      - secrets
    providers:
      - aescbc:
          keys:
${lines.join("")}      - identity: {}
`;
}
