const path = require("path");
const Sequencer = require("@jest/test-sequencer").default;

/** What takes longest, so that the end of a run is not one worker's alone; those with several API servers apart. */
const LONG = [
  "lossAttempts",
  "killed",
  "migrators",
  "pipeline",
  "rotationGates",
  "severalServers",
  "badAnswers",
  "rotationKilled",
  "storageMigration",
  "engineWebhookLoss",
  "rotationLosses",
  "rotationKms",
  "engineAhead",
  "commands",
  "engineInTree",
  "conversionWebhook",
  "rotationServers",
  "plan",
  "conversionWebhookRights",
  "previewTruth",
  "unseenLosses",
  "rotationCutOff",
  "manyCrds",
  "engineRotationServers",
  "packed",
  "certManager",
  "gates",
  "badDays",
  "approvedPlan",
  "holding",
  "realCrds",
  "migrateCommand",
  "engineCluster",
  "clusterIdentity",
  "backup",
  "rotationDefault",
  "chaos",
  "ownAuthority",
  "adopting",
  "dropOthers",
  "engineAheadWebhook",
  "objectsKept",
];

/** What needs nothing runs first: a broken unit test should not wait for a control plane. */
module.exports = class extends Sequencer {
  sort(tests) {
    const rank = (test) => {
      if (test.context.config.displayName?.name !== "e2e") return 0;
      const at = LONG.indexOf(path.basename(test.path, ".test.ts"));
      return at < 0 ? LONG.length + 1 : at + 1;
    };
    return [...tests].sort((a, b) => rank(a) - rank(b) || a.path.localeCompare(b.path));
  }
};
