const Sequencer = require("@jest/test-sequencer").default;

/** What needs nothing runs first: a broken unit test should not wait for a control plane. */
module.exports = class extends Sequencer {
  sort(tests) {
    const rank = (test) => (test.context.config.displayName?.name === "e2e" ? 1 : 0);
    return [...tests].sort((a, b) => rank(a) - rank(b) || a.path.localeCompare(b.path));
  }
};
