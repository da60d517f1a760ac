// Written from examples/databases/v1-v2.yaml by kubernetes-storage-migration schemas. Change that and run it again.
export const group = "example.com";
export const kind = "Database";
/** openAPIV3Schema of every version, from the oldest to the newest. */
export const versions = {
  v1: {
    type: "object",
    properties: {
      spec: {
        type: "object",
        properties: {
          databaseName: {
            type: "string",
          },
          username: {
            type: "string",
          },
        },
      },
    },
  },
  v2: {
    type: "object",
    properties: {
      spec: {
        type: "object",
        properties: {
          databaseName: {
            type: "string",
          },
          username: {
            type: "string",
          },
          password: {
            type: "string",
            format: "password",
          },
        },
      },
    },
  },
} as const;
