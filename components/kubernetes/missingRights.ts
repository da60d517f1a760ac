import type { Caller } from "./api";
import { ApiError } from "./errors";
import type { PolicyRule } from "./rights/policyRule";

interface ResourceAttributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** Locks and records. */
const KEPT_IN_ONE_NAMESPACE = ["leases", "configmaps"];

interface AccessReview {
  status?: { allowed?: boolean };
}

/**
 * Which of these rights the user lacks, as sentences that name verb and resource. The API server's authorizer answers for
 * itself, so roles that grant more, or other authorizers than RBAC, count as well; where it does not answer, nothing is missing.
 * https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
 *
 * @param namespace of those of the rules that are about Leases and ConfigMaps; every namespace where absent
 */
export async function missingRights(
  caller: Caller,
  rules: readonly PolicyRule[],
  namespace?: string,
): Promise<string[]> {
  const asked = rules.flatMap((rule) => attributesOf(rule, namespace));
  const allowed = await Promise.all(asked.map((attributes) => isAllowed(caller, attributes)));
  return asked.filter((_, index) => !allowed[index]).map(describeMissingRight);
}

function attributesOf(rule: PolicyRule, namespace: string | undefined): ResourceAttributes[] {
  const { apiGroups = [], resources = [], resourceNames = [undefined], verbs } = rule;
  return apiGroups.flatMap((group) =>
    resources.flatMap((whole) =>
      verbs.flatMap((verb) =>
        resourceNames.map((name) => {
          const [resource = "", subresource] = whole.split("/");
          return {
            verb,
            group,
            resource,
            ...(subresource !== undefined && { subresource }),
            ...(namespace !== undefined && KEPT_IN_ONE_NAMESPACE.includes(resource) && { namespace }),
            ...(name !== undefined && { name }),
          };
        }),
      ),
    ),
  );
}

async function isAllowed(caller: Caller, resourceAttributes: ResourceAttributes): Promise<boolean> {
  const body = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: { resourceAttributes },
  };
  const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  try {
    return (await caller.call<AccessReview>({ method: "POST", path, body })).status?.allowed !== false;
  } catch (error) {
    if (error instanceof ApiError) return true;
    throw error;
  }
}

function describeMissingRight({ verb, group, resource, subresource, name }: ResourceAttributes): string {
  const qualified = group === "" ? resource : `${resource}.${group}`;
  return `${verb} ${qualified}${subresource === undefined ? "" : `/${subresource}`}${name === undefined ? "" : ` ${name}`}`;
}
