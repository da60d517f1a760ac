import type { EncryptionConfiguration, Entry, Provider } from "../configuration/configuration";
import { keyBytesProblem } from "../configuration/keyBytes";
import { normalizePattern, patternCovers } from "../configuration/resourcePatterns";
import { kmsProblems } from "./kmsProblems";
import { resourceNames } from "./resourceNames";

/** A file the API server refuses keeps it from starting, even where the running one goes on with the last good file. */
export function acceptedByApiServer({ entries }: EncryptionConfiguration): string[] {
  return [
    ...entries.flatMap((entry, index) => ofAnEntry(entry, `resources[${index}]`)),
    ...masked(entries),
    ...kmsNamesUnique(entries),
  ];
}

function ofAnEntry({ resources, providers }: Entry, path: string): string[] {
  const none = providers.length === 0 ? [`${path}.providers: found none; expected at least one`] : [];
  return [
    ...resourceNames(resources, `${path}.resources`),
    ...none,
    ...providers.flatMap((provider, index) => ofAProvider(provider, `${path}.providers[${index}].${provider.kind}`)),
  ];
}

function ofAProvider(provider: Provider, path: string): string[] {
  if (provider.kind === "identity") return [];
  if (provider.kind === "kms") return kmsProblems(provider, path);
  if (provider.keys.length === 0) return [`${path}.keys: found none; expected at least one`];
  return provider.keys.flatMap(({ name, secret }, index) => {
    const named = name === "" ? [`${path}.keys[${index}].name: found none; expected a name`] : [];
    const problem = secret === "" ? "found none; expected base64" : keyBytesProblem(provider.kind, secret);
    return problem === undefined ? named : [...named, `${path}.keys[${index}].secret: ${problem}`];
  });
}

/** A wildcard serves whatever comes after it; the same wildcard twice masks itself, the same resource twice does not. */
function masked(entries: readonly Entry[]): string[] {
  return entries.flatMap(({ resources }, index) => {
    const earlier = entries.slice(0, index).flatMap((each) => each.resources.map(normalizePattern));
    return resources.map(normalizePattern).flatMap((each) => {
      const wildcard = earlier.find((other) => patternCovers(other, each));
      const next = `move the entry of ${each} before that of ${wildcard}, or remove it`;
      return wildcard === undefined
        ? []
        : [`resources[${index}]: ${each} is masked by the earlier ${wildcard}; expected it before; ${next}`];
    });
  });
}

/** Names of KMS providers are unique in the whole file, so one entry is the most that one can serve. */
function kmsNamesUnique(entries: readonly Entry[]): string[] {
  const names = entries.flatMap(({ providers }) =>
    providers.flatMap((provider) => (provider.kind === "kms" ? [provider.name] : [])),
  );
  const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].sort();
  return twice.map(
    (name) =>
      `KMS provider ${name}: stands there more than once, which the API server refuses; expected one entry with all ` +
      `resources of ${name}; rotate these resources together, or give the plugin another name for one of the entries`,
  );
}
