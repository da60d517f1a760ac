import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", ".local/", "test/programs/", "**/*.mjs", "**/*.cjs"] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { project: "./tsconfig.json" } },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "max-lines": ["error", { max: 260, skipBlankLines: true, skipComments: true }],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { ignoreRestSiblings: true, argsIgnorePattern: "^_", varsIgnorePattern: "^_" },
      ],
      "no-console": "off",
    },
  },
  {
    files: ["components/**/*.ts"],
    rules: {
      "no-console": "error",
      // Somebody may set the wall clock while we wait: a wait would be shortened, or last for hours.
      "no-restricted-properties": [
        "error",
        { object: "Date", property: "now", message: "Time that passes is measured by performance.now()." },
      ],
    },
  },
  {
    // A moment that another process, or grpc, is told; the age of a token, which counts on while a machine sleeps.
    files: [
      "components/encryptionKeyRotation/retire/retire.ts",
      "components/kubernetes/{credentials,lockHold,lockProblems}.ts",
      "components/migration/definition/rehearseStored.ts",
      "components/migration/usage/requestRecord.ts",
      "components/provider/engine.ts",
      "components/versionedCRD/rehearse/rehearse.ts",
    ],
    rules: { "no-restricted-properties": "off" },
  },
  { files: ["examples/*/schemas.ts"], rules: { "max-lines": "off" } }, // written by the schemas command
  {
    // What a test reads from the API server is any Kubernetes object.
    files: ["test/**/*.ts", "bench/**/*.ts"],
    rules: {
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "max-lines": "off",
    },
  },
);
