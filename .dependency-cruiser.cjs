/**
 * The rooms of components/, each with the rooms that it may import from; index.ts may import from all. ARCHITECTURE.md
 * says what each is for.
 */
const ROOMS = {
  command: ["rollback", "status", "migration", "plan", "compatibility", "crd", "kubernetes"],
  policies: ["provider", "kubernetes"],
  status: ["migration", "crd", "kubernetes"],
  rollback: ["migration", "compatibility", "crd", "kubernetes"],
  versionedCRDs: ["versionedCRD", "provider", "crd", "kubernetes"],
  versionedCRD: [
    "backup",
    "conversionWebhook",
    "rollback",
    "migration",
    "provider",
    "plan",
    "compatibility",
    "crd",
    "kubernetes",
  ],
  encryptionKeyRotation: ["backup", "programs", "migration", "provider", "plan", "crd", "kubernetes"],
  storageMigration: ["migration", "provider", "crd", "kubernetes"],
  conversionWebhook: ["conversionTesting", "conversion", "provider", "crd", "kubernetes"],
  backup: ["migration", "programs", "kubernetes"],
  migration: ["compatibility", "crd", "conversion", "kubernetes"],
  provider: ["plan", "kubernetes"],
  compatibility: ["crd", "kubernetes"],
  crd: ["kubernetes"],
  conversionServer: ["conversion"],
  conversionTesting: ["conversion"],
  conversion: [],
  programs: ["kubernetes"],
  plan: [],
  kubernetes: [],
};

const inRooms = (rooms) => `^components/(${rooms.join("|")})/`;

module.exports = {
  forbidden: [
    {
      name: "no-circle",
      comment: "two files that import each other are one thought in two files",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    ...Object.entries(ROOMS).map(([room, below]) => ({
      name: `${room}-imports-downward`,
      comment: `components/${room}/ may import ${below.length === 0 ? "no other room" : below.join(", ")}`,
      severity: "error",
      from: { path: inRooms([room]) },
      to: { path: "^(components|config|local|test|bench|chaos|examples)/", pathNot: inRooms([room, ...below]) },
    })),
    { name: "not-found", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "no-room-without-a-line-here",
      comment: "a new folder of components/ gets its line in .dependency-cruiser.cjs",
      severity: "error",
      from: { path: "^components/", pathNot: [inRooms(Object.keys(ROOMS)), "^components/index\\.ts$"] },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true, // imports of types count
    tsConfig: { fileName: "tsconfig.json" },
  },
};
