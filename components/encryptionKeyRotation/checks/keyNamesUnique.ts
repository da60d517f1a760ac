import type { KeyInput, RotationInput } from "../desiredKeys";
import { everyKey } from "./everyKey";

/** An object in etcd names its key; of two with one name it would be chance which the arguments mean. */
export function keyNamesUnique(args: RotationInput): string[] {
  const archive = (args.keys.archive ?? []).map((key, index) => ({ key, path: `keys.archive[${index}]` }));
  const all = [...everyKey(args), ...archive].map(({ key, path }) => ({ name: nameOfKeyInput(key), path, key }));
  const empty = all
    .filter(({ name, path }) => name === "" && path !== "keys.write")
    .map(({ path }) => `${path}: found an empty name; expected a key's name`);
  const reserved = all
    .filter(({ name, key, path }) => name === "identity" && (typeof key !== "string" || path.includes("archive")))
    .map(({ path }) => `${path}: found the name identity, which means plain data; expected another name`);
  const names = all.map(({ name }) => name).filter((name) => name !== "");
  const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].sort();
  return [
    ...empty,
    ...reserved,
    ...twice.map((name) => {
      const where = all.filter((each) => each.name === name).map(({ path }) => path);
      return `keys: ${name} stands in ${where.join(" and ")}; expected each key once; remove all but one`;
    }),
  ];
}

function nameOfKeyInput(key: KeyInput): string {
  if (typeof key === "string") return key;
  return "kms" in key ? key.kms.name : key.name;
}
