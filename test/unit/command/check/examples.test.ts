import { checkout } from "../../../../local/checkout";
import { runCommand } from "../runCommand";

/** Each example's own road: what its program applies, one manifest after the other. */
const roads: [example: string, crd: string, ...manifests: string[]][] = [
  ["databases", "databases.example.com", "v1", "v1-v2", "v2"],
  ["selfierequests", "selfierequests.stable.example.com", "v1", "v1-v2", "v2"],
  ["certificates", "certificates.pki.example.com", "v1alpha2", "v1alpha2-v1"],
  ["backups", "backups.storage.example.com", "v1alpha1", "v1alpha1-v1", "v1"],
];
const steps = roads.flatMap(([example, crd, ...manifests]) =>
  manifests.slice(1).map((next, index) => [example, crd, manifests[index] ?? "", next] as const),
);

async function check(example: string, old: string, next: string, ...options: string[]) {
  const file = (name: string) => checkout("examples", example, `${name}.yaml`);
  const { code, out } = await runCommand("check", file(old), file(next), "--json", ...options);
  const { findings } = JSON.parse(out) as { findings: { check: string; severity: string }[] };
  const of = (severity: string) => [
    ...new Set(findings.filter((each) => each.severity === severity).map((each) => each.check)),
  ];
  return { code, errors: of("error"), warnings: of("warning") };
}

test.each(steps)("%s of VersionedCRD and a webhook, %s, %s → %s: nothing breaks", async (example, crd, old, next) => {
  expect(await check(example, old, next, "--rollout", "--webhook", crd)).toEqual({ code: 0, errors: [], warnings: [] });
});

test.each(steps)(
  "%s applied at once and with conversion None, %s, %s → %s: an error",
  async (example, _, old, next) => {
    const { code, errors } = await check(example, old, next);
    expect([code, errors.length > 0]).toEqual([1, true]);
    const known = [
      "storage-flipped-unsafely",
      "stored-field-dropped",
      "served-version-removed",
      "stored-version-removed",
    ];
    expect(errors.filter((each) => !known.includes(each))).toEqual([]);
  },
);

test("--webhook of a CRD that is not in NEW => exit code 2", async () => {
  const file = checkout("examples", "databases", "v1.yaml");
  const { code, err } = await runCommand("check", file, file, "--webhook", "database.example.com");
  expect(code).toBe(2);
  expect(err).toMatch(/^--webhook database.example.com: not in NEW\n/);
});
