const typescript = {
  "^.+\\.ts$": ["ts-jest", { tsconfig: "tsconfig.json", diagnostics: false }],
};
/** Examples import the package by its name, as its users do; here that is what is in the checkout. */
const itself = {
  "^pulumi-kubernetes-storage-migration$": "<rootDir>/components",
  "^pulumi-kubernetes-storage-migration/server$": "<rootDir>/components/conversionServer",
  "^pulumi-kubernetes-storage-migration/conversion$": "<rootDir>/components/conversion",
  "^pulumi-kubernetes-storage-migration/testing$": "<rootDir>/components/conversionTesting",
};
const project = (displayName, folders) => ({
  displayName,
  transform: typescript,
  moduleNameMapper: itself,
  testEnvironment: "node",
  testMatch: folders.map((folder) => `<rootDir>/${folder}/**/*.test.ts`),
  setupFiles: ["<rootDir>/test/fastCheck.ts"],
  modulePathIgnorePatterns: ["<rootDir>/dist/", "<rootDir>/.local/"],
});

/** Types are checked by `npm run check`; here speed counts. */
module.exports = {
  testTimeout: 60_000, // what hangs is found; a busy machine is no failure
  projects: [project("unit", ["test/unit", "test/local", "examples"]), project("e2e", ["test/e2e"])],
};
