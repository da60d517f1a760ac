import { laws } from "pulumi-kubernetes-storage-migration/testing";
import conversion from "./conversion";

laws(conversion);

const backup = (version: string, spec: object) => ({
  apiVersion: `storage.example.com/${version}`,
  kind: "Backup",
  metadata: { name: "nightly", namespace: "shop" },
  spec,
});
const oldest = {
  schedule: "CRON_TZ=Europe/Berlin 0 3 * * *",
  target: { bucket: "backups", prefix: "shop/" },
  paths: ["/data"],
  retention: "Weekly",
  hooks: [{ name: "freeze", run: "fsfreeze -f /data" }],
};
const newest = {
  cron: "0 3 * * *",
  timeZone: "Europe/Berlin",
  targets: [{ bucket: "backups", path: "shop/" }],
  include: ["/data"],
  retention: "Weekly",
  hooks: [{ name: "freeze", command: ["sh", "-c", "fsfreeze -f /data"] }],
};

test("the oldest version becomes the newest over the one between, and back", () => {
  expect(conversion.convert(backup("v1alpha1", oldest), "v1")).toEqual(backup("v1", newest));
  expect(conversion.convert(backup("v1", newest), "v1alpha1")).toEqual(backup("v1alpha1", oldest));
});

describe("a backup of v1 with all that v1alpha1 cannot hold", () => {
  const rich = backup("v1", {
    ...newest,
    retention: "Forever",
    targets: [...newest.targets, { bucket: "far-away", path: "shop/", region: "eu-north-1" }],
    hooks: [{ name: "freeze", command: ["/bin/freeze", "/my data"], timeoutSeconds: 30 }],
  });
  const shown = conversion.convert(rich, "v1alpha1");

  test("is shown as near as v1alpha1 can come, and comes back whole", () => {
    expect(shown["spec"]).toEqual({ ...oldest, hooks: [{ name: "freeze", run: "/bin/freeze /my data" }] });
    expect(conversion.convert(shown, "v1")).toEqual(rich);
  });

  test("an edit through v1alpha1 wins, and leaves the rest alone", () => {
    const edited = {
      ...shown,
      spec: { ...(shown["spec"] as typeof oldest), retention: "Daily", paths: ["/data", "/etc"] },
    };
    expect(conversion.convert(edited, "v1")).toEqual(
      backup("v1", { ...rich.spec, retention: "Daily", include: ["/data", "/etc"] }),
    );
  });
});
