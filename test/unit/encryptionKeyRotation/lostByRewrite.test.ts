import { renderConfiguration } from "../../../components/encryptionKeyRotation/configuration/renderConfiguration";
import { lostByRewrite } from "../../../components/encryptionKeyRotation/distribute/lostByRewrite";
import { entry, file, secretOf } from "./situations";

const PLACES = ["file /etc/enc.yaml", "ssh cp-2:/etc/enc.yaml"];
const ours = renderConfiguration(file(entry("secrets", "secretbox:a identity")));

test("our own file and no file lose nothing", () => {
  expect(lostByRewrite(ours, PLACES)).toEqual([]);
  expect(lostByRewrite("", PLACES)).toEqual([]);
});

test("a file of the former form is brought to the current one; said once, since all targets hold the same", () => {
  const former = ours.replace(/^.*\n.*\n/, "apiVersion: v1\nkind: EncryptionConfig\n");
  expect(lostByRewrite(former, PLACES)).toEqual([
    "the file says apiVersion v1, kind EncryptionConfig, which API servers still read; the next write brings it to apiserver.config.k8s.io/v1, EncryptionConfiguration",
  ]);
});

test("comments and anchors are counted for each target; nothing of a comment's text is said", () => {
  const key = secretOf("secretbox", "commented");
  const text = `# ${key}\n${ours.replace("providers:", "providers: &all # behind\n      # between").replace("identity: {}", "identity: {} #")}#last`;
  const lost = lostByRewrite(text, PLACES);
  expect(lost).toEqual(
    PLACES.map((place) => `${place}: the next write drops 5 comment lines and 1 anchor; copy what you need first`),
  );
  expect(lost.join("\n")).not.toContain(key.slice(0, 8));
});

test("what only looks like a comment or an anchor is none", () => {
  const text = ours.replace('"a"', "'a # no' ").replace('"secrets"', "sec#rets").replace('"c2', '"&#c2');
  expect(lostByRewrite(text, PLACES)).toEqual([]);
});

test("one of each", () => {
  expect(lostByRewrite(`${ours.replace('"a"', '&name "a"')}`, ["file x"])).toEqual([
    "file x: the next write drops 1 anchor; copy what you need first",
  ]);
  expect(lostByRewrite(`${ours}# end`, ["file x"])).toEqual([
    "file x: the next write drops 1 comment line; copy what you need first",
  ]);
});
