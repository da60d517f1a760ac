import { makeAuthority, makeServerCertificate } from "../../../local/certificates";
import { caBundleCertificateFacts } from "../../../components/status/certificateFacts";
import { readServersEncryption } from "../../../components/status/readServers";
import { plainServerMessage } from "../../../components/kubernetes/plainServerMessage";

test("encrypted is what passed through a key without an error; what identity wrote, and keys by their name, are not counted", () => {
  const sample = (labels: string, value: number): string =>
    `apiserver_storage_transformation_operations_total{${labels}} ${value}\n`;
  const metrics = [
    sample(
      'resource="secrets",status="OK",transformation_type="to_storage",transformer_prefix="k8s:enc:aescbc:v1:"',
      2,
    ),
    sample('resource="secrets",status="OK",transformation_type="to_storage",transformer_prefix="key1:"', 2),
    sample('resource="pods",status="OK",transformation_type="to_storage",transformer_prefix="identity"', 9),
    sample(
      'resource="leases",status="Internal",transformation_type="to_storage",transformer_prefix="k8s:enc:kms:v2:"',
      1,
    ),
    sample('resource="",status="OK",transformation_type="from_storage",transformer_prefix="k8s:enc:aescbc:v1:"', 4),
  ].join("");
  expect(readServersEncryption(metrics)).toEqual(["secrets"]);
});

test.each([
  [
    "read tcp 127.0.0.1:41234->127.0.0.1:9443: read: connection reset",
    "read tcp 127.0.0.1:9443: read: connection reset",
  ],
  [
    "x509: certificate has expired: current time 2026-11-01T10:00:00Z is after 2024-02-29T12:00:00Z",
    "x509: certificate has expired: now is after 2024-02-29T12:00:00Z",
  ],
  [
    "Internal error occurred: StorageError: corrupt object, Code: 7, Key: /x/one, ResourceVersion: 0, AdditionalErrorMsg: object not decodable revision=7: conversion webhook for x/v1, Kind=X failed: refused",
    "conversion webhook for x/v1, Kind=X failed: refused",
  ],
  [
    "failed to read one or more xs from the storage: StorageError: corrupt object, Code: 7, Key: /registry/x/bad, ResourceVersion: 0, AdditionalErrorMsg: object not decodable revision=7: request to convert CR",
    "failed to read one or more xs from the storage: object /registry/x/bad cannot be decoded: request to convert CR",
  ],
])("%s: what is another each time, and the layers around it, are left out", (message, expected) => {
  expect(plainServerMessage(message)).toBe(expected);
});

test("a caBundle is good until the last of its certificates ends; one that is none says so", async () => {
  const authority = await makeAuthority("bundle");
  const until = async (day: string): Promise<string> =>
    (await makeServerCertificate(authority, "a", undefined, new Date(`${day}T12:00:00Z`))).cert;
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const bundle = base64((await until("2024-02-29")) + (await until("2025-03-01")) + (await until("2023-01-01")));
  expect(caBundleCertificateFacts(bundle)).toEqual({ ends: "2025-03-01T12:00:00.000Z" });
  expect(caBundleCertificateFacts(base64("\n")).wrong).toMatch(/holds no certificate/);
  expect(caBundleCertificateFacts(undefined)).toEqual({});
});
