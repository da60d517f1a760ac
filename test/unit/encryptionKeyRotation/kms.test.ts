import { agreedKmsKeyId } from "../../../components/encryptionKeyRotation/servers/kms";
import type { Reported } from "../../../components/encryptionKeyRotation/servers/reports";
import { reportedBy } from "./reportedBy";

const reported = (...keyIds: (string | undefined)[]): Reported =>
  reportedBy(...keyIds.map((keyId) => (keyId === undefined ? {} : { keyIds: { vault: keyId } })));

test("every server has told the same key id: that one", () => {
  expect(agreedKmsKeyId(reported("sha256:1", "sha256:1"), "vault")).toEqual({ keyId: "sha256:1" });
});

test.each<[string, (string | undefined)[], string]>([
  [
    "they differ",
    ["sha256:1", "sha256:1", "sha256:2"],
    "differ in the key id of KMS provider vault: cp-1 sha256:1, cp-3 sha256:2",
  ],
  ["one has told none", ["sha256:1", undefined], "cp-2 has told no key id of KMS provider vault yet"],
  ["there is none", [], "no API server told"],
])("%s: why", (_, keyIds, why) => {
  expect(agreedKmsKeyId(reported(...keyIds), "vault")).toEqual({ why: expect.stringContaining(why) });
});

test("a provider that no server knows by this name: why, with the names that it tells", () => {
  expect(agreedKmsKeyId(reported("sha256:1"), "volt")).toEqual({
    why: "cp-1 has told no key id of KMS provider volt yet; it tells that of vault",
  });
});
