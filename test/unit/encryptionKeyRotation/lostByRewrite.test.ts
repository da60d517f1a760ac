import { renderConfiguration } from "../../../components/encryptionKeyRotation/configuration/render";
import { lostByRewrite } from "../../../components/encryptionKeyRotation/distribute/lostByRewrite";
import { entry, file } from "./situations";

const ours = renderConfiguration(file(entry("secrets", "secretbox:a identity")));

test("our own file and no file lose nothing", () => {
  expect(lostByRewrite(ours)).toEqual([]);
  expect(lostByRewrite("")).toEqual([]);
});

test("a file of the former form is brought to the current one", () => {
  const former = ours.replace(/^.*\n.*\n/, "apiVersion: v1\nkind: EncryptionConfig\n");
  expect(lostByRewrite(former)).toEqual([
    "the file says apiVersion v1, kind EncryptionConfig, which API servers still read; the next write brings it to apiserver.config.k8s.io/v1, EncryptionConfiguration",
  ]);
});
