const typescript = {
  "^.+\\.ts$": ["ts-jest", { tsconfig: "tsconfig.json", diagnostics: false }],
};
const project = (displayName, folders) => ({
  displayName,
  transform: typescript,
  testEnvironment: "node",
  testMatch: folders.map((folder) => `<rootDir>/test/${folder}/**/*.test.ts`),
  setupFiles: ["<rootDir>/test/fastCheck.ts"],
  modulePathIgnorePatterns: ["<rootDir>/dist/", "<rootDir>/.local/"],
});

/** Types are checked by `npm run check`; here speed counts. */
module.exports = {
  projects: [project("unit", ["unit", "local"]), project("e2e", ["e2e"])],
};
