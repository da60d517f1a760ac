// Written from examples/backups/v1alpha1-v1.yaml by kubernetes-storage-migration schemas. Change that and run it again.
export const group = "storage.example.com";
export const kind = "Backup";
/** openAPIV3Schema of every version, from the oldest to the newest. */
export const versions = {
  v1alpha1: {
    type: "object",
    properties: {
      spec: {
        type: "object",
        required: ["schedule", "target"],
        properties: {
          schedule: {
            type: "string",
          },
          target: {
            type: "object",
            required: ["bucket"],
            properties: {
              bucket: {
                type: "string",
              },
              prefix: {
                type: "string",
              },
            },
          },
          paths: {
            type: "array",
            items: {
              type: "string",
            },
          },
          retention: {
            type: "string",
            enum: ["Daily", "Weekly"],
          },
          hooks: {
            type: "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            items: {
              type: "object",
              required: ["name", "run"],
              properties: {
                name: {
                  type: "string",
                },
                run: {
                  type: "string",
                },
              },
            },
          },
        },
      },
      status: {
        type: "object",
        properties: {
          lastBackupBytes: {
            type: "integer",
            format: "int64",
          },
          lastBackupTime: {
            type: "string",
            format: "date-time",
          },
        },
      },
    },
  },
  v1beta1: {
    type: "object",
    properties: {
      spec: {
        type: "object",
        required: ["schedule", "targets"],
        properties: {
          schedule: {
            type: "string",
          },
          targets: {
            type: "array",
            minItems: 1,
            items: {
              type: "object",
              required: ["bucket"],
              properties: {
                bucket: {
                  type: "string",
                },
                prefix: {
                  type: "string",
                },
              },
            },
          },
          include: {
            type: "array",
            items: {
              type: "string",
            },
          },
          retention: {
            type: "string",
            enum: ["Daily", "Weekly", "Monthly", "Forever"],
          },
          hooks: {
            type: "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            items: {
              type: "object",
              required: ["name", "run"],
              properties: {
                name: {
                  type: "string",
                },
                run: {
                  type: "string",
                },
              },
            },
          },
        },
      },
      status: {
        type: "object",
        properties: {
          lastBackupBytes: {
            type: "integer",
            format: "int64",
          },
          lastBackupTime: {
            type: "string",
            format: "date-time",
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
        required: ["cron", "targets"],
        properties: {
          cron: {
            type: "string",
          },
          timeZone: {
            type: "string",
          },
          targets: {
            type: "array",
            minItems: 1,
            items: {
              type: "object",
              required: ["bucket"],
              properties: {
                bucket: {
                  type: "string",
                },
                path: {
                  type: "string",
                },
                region: {
                  type: "string",
                },
              },
            },
          },
          include: {
            type: "array",
            items: {
              type: "string",
            },
          },
          retention: {
            type: "string",
            enum: ["Daily", "Weekly", "Monthly", "Forever"],
          },
          hooks: {
            type: "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            items: {
              type: "object",
              required: ["name", "command"],
              properties: {
                name: {
                  type: "string",
                },
                command: {
                  type: "array",
                  items: {
                    type: "string",
                  },
                },
                timeoutSeconds: {
                  type: "integer",
                  format: "int32",
                  minimum: 1,
                },
              },
            },
          },
        },
      },
      status: {
        type: "object",
        properties: {
          lastBackupBytes: {
            type: "integer",
            format: "int64",
          },
          lastBackupTime: {
            type: "string",
            format: "date-time",
          },
        },
      },
    },
  },
} as const;
