import { renderPlanAsMarkdown } from "../../../../components/command/plan/markdown";
import { planDocumentOf } from "../../../../components/plan/document";
import { runCommandWithInput } from "../runCommand";

const urn = (type: string): string =>
  `urn:pulumi:dev::shop::kubernetes-storage-migration:index:VersionedCRD$pulumi-nodejs:dynamic/kubernetes-storage-migration:${type}::databases-${type.toLowerCase()}`;
const inputs = (...plan: string[]): object => ({ inputs: { crd: "databases.example.com", plan } });
const serve = "(none) → v2: add, served; storage stays v1";
const drop = "v1 → (none): unserve, remove";

const diagnostics = [
  { urn: urn("Serve"), message: `${serve}\n`, severity: "info" },
  { urn: urn("Serve"), message: "it | counts\n  why: it *does*\n", severity: "warning" },
  { urn: "", message: "chatter", severity: "debug" },
];
const digest = {
  config: {},
  steps: [
    { op: "update", urn: urn("Serve"), newState: inputs(serve) },
    { op: "update", urn: urn("Drop"), newState: inputs(drop) },
  ],
  diagnostics,
  duration: 1,
  changeSummary: { update: 2 },
};
const pre = (type: string, sentence: string): object => ({
  resourcePreEvent: { metadata: { op: "update", urn: urn(type), old: inputs("old"), new: inputs(sentence) } },
});
const events = [
  { preludeEvent: {} },
  ...diagnostics.map((diagnosticEvent) => ({ diagnosticEvent })),
  { diagnosticEvent: { urn: urn("Serve"), message: "applying", severity: "info", ephemeral: true } },
  pre("Serve", serve),
  { diagnosticEvent: { urn: urn("Serve"), message: "took a while", severity: "warning" } },
  pre("Drop", drop),
];
const asLines = (all: readonly object[]): string =>
  all.map((event, sequence) => `${JSON.stringify({ sequence, timestamp: 1, ...event })}\n`).join("");

const plan = (input: string, ...args: string[]) => runCommandWithInput(input, "plan", "-", ...args);

test("text: the counts, then each step with what it does, how it is undone and what a failure leaves", async () => {
  const { code, out, err } = await plan(JSON.stringify(digest));
  expect([code, err]).toEqual([0, ""]);
  expect(out).toBe(`2 steps, 1 cannot be undone, 1 warning, 0 not looked at

VersionedCRD databases
  serve databases.example.com
    (none) → v2: add, served; storage stays v1
    undo:       yes: put the manifest back and run \`pulumi up\`; a CRD that was created stays unless onDelete says otherwise
    on failure: stops; no object was touched and the storage version is as it was; the next \`pulumi up\` goes on
  drop databases.example.com
    v1 → (none): unserve, remove
    undo:       no: clients of the version are refused from then on; the objects stay
    on failure: stops; a version that is still needed is put back, and a removal that was cut off is finished by the next \`pulumi up\`
  findings
    warning, serve: it | counts
      why: it *does*
`);
});

test.each([[[]], [["--json"]], [["--markdown"]]])(
  "%j: the events of `up`, also behind its own preview, give what the preview gave",
  async (format) => {
    const { out } = await plan(JSON.stringify(digest, undefined, 4), ...format);
    expect(await plan(asLines(events), ...format)).toMatchObject({ code: 0, out });
    const both = `${JSON.stringify({ ...digest, steps: [] }, undefined, 4)}\n${asLines(events)}`;
    expect(await plan(both, ...format)).toMatchObject({ code: 0, out });
  },
);

test("a stream that was cut off in the middle of a line => what it told until then", async () => {
  const whole = asLines(events);
  const cut = `${whole}${asLines([{ summaryEvent: {} }]).slice(0, 20)}`;
  expect(await plan(cut)).toEqual(await plan(whole));
});

test("an `up` that failed half way shows the error, and the exit code is 1", async () => {
  const failed = { diagnosticEvent: { urn: urn("Serve"), message: "error: it broke", severity: "error" } };
  const { code, out } = await plan(asLines([...events, failed]));
  expect(code).toBe(1);
  expect(out).toMatch(/^1 error: it does not go ahead, 2 steps, /);
  expect(out).toContain("    error, serve: it broke\n");
});

test("what check refused is said without the engine's words around it", async () => {
  const message = `error: pulumi-nodejs:dynamic/x:Serve resource 'databases-serve': property crd value {databases.example.com} has a problem: it narrows\n  expected: every field\n`;
  const { code, out } = await plan(
    JSON.stringify({ ...digest, diagnostics: [{ urn: urn("Serve"), message, severity: "error" }] }),
  );
  expect(code).toBe(1);
  expect(out).toContain("    error, serve: it narrows\n      expected: every field\n");
});

test("Markdown: what objects and people wrote is no markup, and a table's cell stays one", async () => {
  const { out } = await plan(JSON.stringify(digest), "--markdown");
  expect(out).toContain("| drop<br>`databases.example.com` | v1 → (none): unserve, remove | no: ");
  expect(out).toContain("- **warning**, serve: it \\| counts why: it \\*does\\*\n");
});

test("Markdown is cut before GitHub would refuse it, and says so", () => {
  const messages = Array.from({ length: 3000 }, (_, index) => ({
    ...{ urn: urn("Serve"), severity: "warning" as const, text: `finding ${index} of many that are long` },
  }));
  const text = renderPlanAsMarkdown(planDocumentOf({ steps: [], messages }));
  expect(text.length).toBeLessThanOrEqual(65_000);
  expect(text).toMatch(/\n… and \d+ more lines\n$/);
});

test("--json is the document", async () => {
  const { out } = await plan(JSON.stringify(digest), "--json");
  expect(JSON.parse(out)).toMatchObject({
    counts: { steps: 2, cannotBeUndone: 1, errors: 0, warnings: 1, notLookedAt: 0 },
    components: [
      { component: "VersionedCRD", name: "databases", steps: [{ canBeUndone: true }, { canBeUndone: false }] },
    ],
    otherErrors: [],
  });
});

test.each([
  ["nothing", "", /no JSON that can be read/],
  ["text", "Previewing update (dev)", /no JSON that can be read/],
  ["a state", JSON.stringify({ version: 3, deployment: { resources: [] } }), /JSON of another kind/],
  ["a saved plan", JSON.stringify({ manifest: {}, config: {}, resourcePlans: {} }), /JSON of another kind/],
])("%s is unusable input: exit code 2, and what was expected", async (_, input, said) => {
  const { code, out, err } = await plan(input);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toMatch(said);
  expect(err).toContain("`pulumi preview --json`");
});
