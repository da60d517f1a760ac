import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readServingCertificate } from "../../../components/conversionServer/servingCertificate";
import { makeAuthority, makeServerCertificate, type Certificate } from "../../../local/certificates";

let folder: string;
let made: Certificate;
const files = () => ({ cert: join(folder, "tls.crt"), key: join(folder, "tls.key") });
const DAY = 24 * 3600 * 1000;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "certificate-"));
  made = await makeServerCertificate(await makeAuthority("certificate test"), "conversion");
});
beforeEach(() => {
  writeFileSync(files().cert, made.cert);
  writeFileSync(files().key, made.key);
});
afterAll(() => rmSync(folder, { recursive: true }));

test("a certificate and its key => both, and when it ends", async () => {
  const { cert, key, notAfter } = await readServingCertificate(files());
  expect([cert, key]).toEqual([made.cert, made.key]);
  expect(notAfter * 1000).toBeGreaterThan(Date.now() + 360 * DAY);
});

test("an expired certificate => refused, with its file and when it ended", async () => {
  await expect(readServingCertificate(files(), new Date(Date.now() + 366 * DAY))).rejects.toThrow(
    /the certificate in .*tls\.crt expired on 20\d\d-.*Z; expected one that is valid/,
  );
});

test("a key of another certificate, as while both are being replaced => refused", async () => {
  const other = await makeServerCertificate(await makeAuthority("another"), "conversion");
  writeFileSync(files().key, other.key);
  await expect(readServingCertificate(files())).rejects.toThrow(
    /tls\.key is not the key of the certificate in .*tls\.crt/,
  );
});

test.each([
  ["cert", /tls\.crt: expected a certificate in PEM/],
  ["key", /tls\.key: expected a private key in PEM/],
] as const)("a %s that is none => refused by its file, without its text", async (which, message) => {
  writeFileSync(files()[which], "s3cret");
  const refused = await readServingCertificate(files()).catch((error: Error) => error.message);
  expect(refused).toMatch(message);
  expect(refused).not.toContain("s3cret");
});
