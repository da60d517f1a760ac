import type { Provider } from "../configuration/configuration";
import { goDurationSeconds } from "../configuration/goDuration";

/** https://github.com/kubernetes/kubernetes/blob/v1.37.0/staging/src/k8s.io/apiserver/pkg/apis/apiserver/validation/validation_encryption.go#L383 */
export function kmsProblems(provider: Omit<Extract<Provider, { kind: "kms" }>, "kind">, path: string): string[] {
  const { version, name, endpoint, timeout, cachesize } = provider;
  const problems: string[] = [];
  if (name === "")
    problems.push(`${path}.name: found none; expected the name that the objects' prefix in etcd carries`);
  if (version === "v2" && name.includes(":"))
    problems.push(`${path}.name: found ${JSON.stringify(name)}; expected no ":", which ends the name in etcd`);
  if (!/^unix:/.test(endpoint))
    problems.push(`${path}.endpoint: found ${JSON.stringify(endpoint)}; expected unix:///PATH of the plugin's socket`);
  if (timeout !== undefined && !((goDurationSeconds(timeout) ?? 0) > 0))
    problems.push(`${path}.timeout: found ${JSON.stringify(timeout)}; expected a positive duration such as 3s`);
  if (cachesize !== undefined && (version === "v2" || cachesize === 0))
    problems.push(`${path}.cachesize: found ${cachesize}; expected ${version === "v2" ? "none with v2" : "not 0"}`);
  return problems;
}
