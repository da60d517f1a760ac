// Written from examples/certificates/v1alpha2-v1.yaml by kubernetes-storage-migration schemas. Change that and run it again.
export const group = "pki.example.com";
export const kind = "Certificate";
/** openAPIV3Schema of every version, from the oldest to the newest. */
export const versions = {
  v1alpha2: {
    type: "object",
    properties: {
      spec: {
        type: "object",
        required: ["secretName", "issuerRef"],
        properties: {
          secretName: {
            type: "string",
          },
          issuerRef: {
            type: "object",
            required: ["name"],
            properties: {
              name: {
                type: "string",
              },
              kind: {
                type: "string",
              },
              group: {
                type: "string",
              },
            },
          },
          commonName: {
            type: "string",
            maxLength: 64,
          },
          organization: {
            type: "array",
            items: {
              type: "string",
            },
          },
          dnsNames: {
            type: "array",
            items: {
              type: "string",
            },
          },
          uriSANs: {
            type: "array",
            items: {
              type: "string",
            },
          },
          emailSANs: {
            type: "array",
            items: {
              type: "string",
            },
          },
          duration: {
            type: "string",
          },
          renewBeforeDays: {
            type: "integer",
            format: "int32",
            minimum: 1,
            maximum: 3650,
          },
          keyAlgorithm: {
            type: "string",
            enum: ["rsa", "ecdsa"],
          },
          keyEncoding: {
            type: "string",
            enum: ["pkcs1", "pkcs8"],
          },
          keySize: {
            type: "integer",
            format: "int32",
            minimum: 0,
            maximum: 8192,
          },
          usages: {
            type: "array",
            items: {
              type: "string",
              enum: ["server auth", "client auth"],
            },
          },
          outputs: {
            type: "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["secret"],
            items: {
              type: "object",
              required: ["secret", "format"],
              properties: {
                secret: {
                  type: "string",
                },
                format: {
                  type: "string",
                  enum: ["pem", "der"],
                },
              },
            },
          },
        },
      },
      status: {
        type: "object",
        properties: {
          notAfter: {
            type: "string",
            format: "date-time",
          },
          revision: {
            type: "integer",
            format: "int64",
          },
          conditions: {
            type: "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["type"],
            items: {
              type: "object",
              required: ["type", "status"],
              properties: {
                type: {
                  type: "string",
                },
                status: {
                  type: "string",
                  enum: ["True", "False", "Unknown"],
                },
                reason: {
                  type: "string",
                },
                message: {
                  type: "string",
                },
                lastTransitionTime: {
                  type: "string",
                  format: "date-time",
                },
              },
            },
          },
        },
      },
    },
  },
  v1: {
    type: "object",
    properties: {
      spec: {
        type: "object",
        required: ["secretName", "issuerRef"],
        properties: {
          secretName: {
            type: "string",
          },
          issuerRef: {
            type: "object",
            required: ["name"],
            properties: {
              name: {
                type: "string",
              },
              kind: {
                type: "string",
              },
              group: {
                type: "string",
              },
            },
          },
          commonName: {
            type: "string",
            maxLength: 64,
          },
          subject: {
            type: "object",
            properties: {
              organizations: {
                type: "array",
                items: {
                  type: "string",
                },
              },
              countries: {
                type: "array",
                items: {
                  type: "string",
                },
              },
            },
          },
          dnsNames: {
            type: "array",
            items: {
              type: "string",
            },
          },
          uris: {
            type: "array",
            items: {
              type: "string",
            },
          },
          emailAddresses: {
            type: "array",
            items: {
              type: "string",
            },
          },
          duration: {
            type: "string",
          },
          renewBefore: {
            type: "string",
          },
          privateKey: {
            type: "object",
            properties: {
              algorithm: {
                type: "string",
                enum: ["RSA", "ECDSA", "Ed25519"],
              },
              encoding: {
                type: "string",
                enum: ["PKCS1", "PKCS8"],
              },
              size: {
                type: "integer",
                format: "int32",
                minimum: 0,
                maximum: 8192,
              },
              rotationPolicy: {
                type: "string",
                enum: ["Never", "Always"],
              },
            },
          },
          usages: {
            type: "array",
            items: {
              type: "string",
              enum: ["server auth", "client auth", "code signing"],
            },
          },
          outputs: {
            type: "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["secretName"],
            items: {
              type: "object",
              required: ["secretName", "type"],
              properties: {
                secretName: {
                  type: "string",
                },
                type: {
                  type: "string",
                  enum: ["PEM", "DER", "CombinedPEM"],
                },
              },
            },
          },
        },
      },
      status: {
        type: "object",
        properties: {
          notAfter: {
            type: "string",
            format: "date-time",
          },
          revision: {
            type: "integer",
            format: "int64",
          },
          conditions: {
            type: "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["type"],
            items: {
              type: "object",
              required: ["type", "status"],
              properties: {
                type: {
                  type: "string",
                },
                status: {
                  type: "string",
                  enum: ["True", "False", "Unknown"],
                },
                reason: {
                  type: "string",
                },
                message: {
                  type: "string",
                },
                lastTransitionTime: {
                  type: "string",
                  format: "date-time",
                },
                observedGeneration: {
                  type: "integer",
                  format: "int64",
                },
              },
            },
          },
        },
      },
    },
  },
} as const;
