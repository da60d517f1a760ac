import { type Caller, type KubernetesList, type KubernetesObject, resourcePath } from "./api";
import { hasErrorStatus } from "./errors";
import { sharedFor10Seconds } from "./sharedForSeconds";

const GROUP = "admissionregistration.k8s.io";
/** Newest first; which are served depends on the release: policies v1 since 1.30, mutating ones v1 since 1.36. */
const VERSIONS = ["v1", "v1beta1", "v1alpha1"] as const;

/** Everything that admits or refuses requests by rule. */
export const ADMISSION_RESOURCES = [
  "validatingwebhookconfigurations",
  "mutatingwebhookconfigurations",
  "validatingadmissionpolicies",
  "validatingadmissionpolicybindings",
  "mutatingadmissionpolicies",
  "mutatingadmissionpolicybindings",
] as const;

/** One rule of a webhook or an admission policy, as far as it says what it applies to. */
export interface AdmissionRule {
  apiGroups?: string[];
  apiVersions?: string[];
  resources?: string[];
  operations?: string[];
}

/** One webhook, policy or binding: its rules stand side by side, and any of them is enough for it to apply. */
export interface Admission {
  /** `ValidatingWebhookConfiguration NAME`. */
  readonly configuration: string;
  /** `webhook NAME`; empty where the configuration is a single policy. */
  readonly part: string;
  /** `Exact`: only requests at the versions named. `Equivalent`, the default: also at another version of the same resource, as long as a named one is served. */
  readonly matchPolicy: string;
  readonly rules: readonly AdmissionRule[];
  /** A policy's parameters, which are objects of this kind. */
  readonly paramKind?: { apiVersion?: string; kind?: string };
}

interface MatchResources {
  matchPolicy?: string;
  resourceRules?: AdmissionRule[];
}

interface Configuration extends KubernetesObject {
  webhooks?: { name: string; matchPolicy?: string; rules?: AdmissionRule[] }[];
  spec?: {
    paramKind?: { apiVersion?: string; kind?: string };
    matchConstraints?: MatchResources;
    matchResources?: MatchResources;
  };
}

export interface AdmissionFound {
  readonly admissions: readonly Admission[];
  /** Resources that may not be listed: what they hold is not known. */
  readonly unread: readonly string[];
}

/** Every webhook, admission policy and binding of the cluster. */
export async function readAdmission(caller: Caller): Promise<AdmissionFound> {
  const unread: string[] = [];
  const lists = await Promise.all(
    ADMISSION_RESOURCES.map(async (plural) => {
      const configurations = await listServed(caller, plural);
      if (configurations === "denied") unread.push(plural);
      return configurations === "denied" ? [] : configurations.flatMap((each) => admissionsOf(plural, each));
    }),
  );
  return { admissions: lists.flat(), unread: unread.sort() };
}

/** The same, for plans. */
export const plannedAdmission = sharedFor10Seconds(readAdmission);

async function listServed(caller: Caller, plural: string): Promise<Configuration[] | "denied"> {
  for (const version of VERSIONS) {
    try {
      const path = resourcePath({ group: GROUP, version, plural });
      return (await caller.call<KubernetesList<Configuration>>({ method: "GET", path })).items ?? [];
    } catch (error) {
      if (hasErrorStatus(error, 403)) return "denied";
      if (!hasErrorStatus(error, 404)) throw error;
    }
  }
  return [];
}

const KINDS: Readonly<Record<(typeof ADMISSION_RESOURCES)[number], string>> = {
  validatingwebhookconfigurations: "ValidatingWebhookConfiguration",
  mutatingwebhookconfigurations: "MutatingWebhookConfiguration",
  validatingadmissionpolicies: "ValidatingAdmissionPolicy",
  validatingadmissionpolicybindings: "ValidatingAdmissionPolicyBinding",
  mutatingadmissionpolicies: "MutatingAdmissionPolicy",
  mutatingadmissionpolicybindings: "MutatingAdmissionPolicyBinding",
};

/** One configuration as what it applies to: a webhook configuration holds several, a policy is one, a binding narrows one. */
function admissionsOf(plural: (typeof ADMISSION_RESOURCES)[number], found: Configuration): Admission[] {
  const configuration = `${KINDS[plural]} ${found.metadata.name}`;
  const webhooks = (found.webhooks ?? []).map(({ name, matchPolicy = "Equivalent", rules = [] }): Admission => ({
    configuration,
    part: `webhook ${name}`,
    matchPolicy,
    rules,
  }));
  const match = found.spec?.matchConstraints ?? found.spec?.matchResources;
  const paramKind = found.spec?.paramKind;
  if (match === undefined && paramKind === undefined) return webhooks;
  const { matchPolicy = "Equivalent", resourceRules: rules = [] } = match ?? {};
  return [...webhooks, { configuration, part: "", matchPolicy, rules, ...(paramKind && { paramKind }) }];
}
