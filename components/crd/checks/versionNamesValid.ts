import { describeProblem } from "../../kubernetes/problem";
import type { Definition } from "../definition";

/** A DNS-1035 label: https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go */
const VERSION_NAME = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** The API server takes no other; said here, before a version of such a name is compared with those in the cluster. */
export function versionNamesValid(manifest: Definition): string[] {
  return manifest.spec.versions.flatMap(({ name }, index) =>
    VERSION_NAME.test(name)
      ? []
      : [
          describeProblem({
            what: `spec.versions[${index}].name is ${JSON.stringify(name)}`,
            expected: "at most 63 lower-case letters, digits and -, a letter first, and no - last",
            next: "write a name such as v2 or v1beta1",
          }),
        ],
  );
}
