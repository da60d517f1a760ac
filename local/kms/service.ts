import type { ServiceDefinition } from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";

/** Bytes are Buffers. */
export interface Messages {
  status: { version: string; healthz: string; keyId: string };
  encrypt: { plaintext: Buffer };
  encrypted: { ciphertext: Buffer; keyId: string };
  decrypt: { ciphertext: Buffer; keyId: string };
  decrypted: { plaintext: Buffer };
}

const field = (type: string, id: number, more: object = {}) => ({ type, id, ...more });
const annotations = (id: number) => field("bytes", id, { keyType: "string" });

const method = (name: string) => ({ requestType: `${name}Request`, responseType: `${name}Response`, comment: "" });

/** The KMS v2 plugin API: https://pkg.go.dev/k8s.io/kms/apis/v2. */
const definitions = fromJSON({
  nested: {
    v2: {
      nested: {
        KeyManagementService: {
          methods: {
            Status: method("Status"),
            Encrypt: method("Encrypt"),
            Decrypt: method("Decrypt"),
          },
        },
        StatusRequest: { fields: {} },
        StatusResponse: {
          fields: { version: field("string", 1), healthz: field("string", 2), keyId: field("string", 3) },
        },
        EncryptRequest: { fields: { plaintext: field("bytes", 1), uid: field("string", 2) } },
        EncryptResponse: {
          fields: { ciphertext: field("bytes", 1), keyId: field("string", 2), annotations: annotations(3) },
        },
        DecryptRequest: {
          fields: {
            ciphertext: field("bytes", 1),
            uid: field("string", 2),
            keyId: field("string", 3),
            annotations: annotations(4),
          },
        },
        DecryptResponse: { fields: { plaintext: field("bytes", 1) } },
      },
    },
  },
});

export const keyManagementService = definitions["v2.KeyManagementService"] as ServiceDefinition;
