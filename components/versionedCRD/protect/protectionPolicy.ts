import { DELETION_ANNOTATION, DROPPING_ANNOTATION } from "../../crd/names";

interface Validation {
  expression: string;
  messageExpression: string;
  reason: string;
}

/** spec of a ValidatingAdmissionPolicy and of its binding, as far as they are ours. */
export interface Protection {
  readonly name: string;
  readonly policy: {
    failurePolicy: string;
    matchConstraints: object;
    matchConditions: { name: string; expression: string }[];
    variables: { name: string; expression: string }[];
    validations: Validation[];
  };
  readonly binding: { policyName: string; validationActions: string[] };
}

/** As CEL writes a string. https://github.com/google/cel-spec/blob/master/doc/langdef.md#string-and-bytes-values */
const celText = (value: string): string => JSON.stringify(value);

/** The annotation's value on the object before the request; "" where there is none. */
const celAnnotation = (key: string): string => `oldObject.metadata.?annotations[?${celText(key)}].orValue("")`;

/**
 * Refuses two requests, whoever makes them: the deletion of this CRD, and the removal of one of its versions. Our own phases
 * announce theirs on the CRD, behind their gates: drop names the versions that it has proven to be empty, and a deletion names the
 * generation that it counted the objects of. CEL sees the CRD alone: it cannot count objects itself.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export function protectionPolicy(crd: string): Protection {
  const name = `kubernetes-storage-migration-${crd}`;
  return {
    name,
    policy: {
      failurePolicy: "Fail",
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: ["apiextensions.k8s.io"],
            apiVersions: ["*"],
            operations: ["UPDATE", "DELETE"],
            resources: ["customresourcedefinitions"],
          },
        ],
      },
      // Not `resourceNames`: a request to delete all CRDs, or those of a selector, has no name. Each of them comes by as oldObject.
      // https://github.com/kubernetes/kubernetes/blob/v1.37.0/staging/src/k8s.io/apiserver/pkg/endpoints/handlers/delete.go
      matchConditions: [{ name: "this-crd", expression: `oldObject.metadata.name == ${celText(crd)}` }],
      variables: [
        { name: "generation", expression: "string(oldObject.metadata.generation)" },
        {
          name: "removed",
          expression:
            'request.operation == "UPDATE" ? oldObject.spec.versions.map(v, v.name).filter(n, !object.spec.versions.exists(v, v.name == n)) : []',
        },
        { name: "dropping", expression: celAnnotation(DROPPING_ANNOTATION) },
      ],
      validations: [refuseDeletion(crd), refuseRemoval(crd)],
    },
    binding: { policyName: name, validationActions: ["Deny"] },
  };
}

function refuseDeletion(crd: string): Validation {
  const how = `${crd} is protected: to delete it deletes all its objects. If that is wanted: kubectl annotate crd ${crd} --overwrite ${DELETION_ANNOTATION}=`;
  return {
    expression: `request.operation != "DELETE" || ${celAnnotation(DELETION_ANNOTATION)} == variables.generation`,
    messageExpression: `${celText(how)} + variables.generation`,
    reason: "Forbidden",
  };
}

/** Not in a dry run: preview asks whether the API server takes what drop will write. */
function refuseRemoval(crd: string): Validation {
  const isNamed = `variables.dropping.matches(${celText('"versions":\\[[^\\]]*"')} + n + ${celText('"')})`;
  const who = `${crd} is protected: only the drop of its VersionedCRD may remove a version, once no object is stored in it. Removed: `;
  return {
    expression: `has(request.dryRun) && request.dryRun || variables.removed.all(n, ${isNamed})`,
    messageExpression: `${celText(who)} + variables.removed.join(", ")`,
    reason: "Forbidden",
  };
}
