import { UserError } from "../kubernetes/errors";
import { whyUnknownArguments } from "../provider/unknownArguments";
import type { ConversionWebhookArgs } from "./args";

const KNOWN: Record<keyof ConversionWebhookArgs, true> = {
  conversion: true,
  image: true,
  url: true,
  caBundle: true,
  namespace: true,
  certificate: true,
  replicas: true,
  nodeImage: true,
  keys: true,
  laws: true,
  kubeconfig: true,
  context: true,
  clusterId: true,
};

/** @throws UserError for what cannot be meant */
export function checkWebhookArgs(args: ConversionWebhookArgs): void {
  const unknown = whyUnknownArguments(args, KNOWN);
  if (unknown !== undefined) throw new UserError(unknown);
  const given = (["conversion", "image", "url"] as const).filter((key) => args[key] !== undefined);
  if (given.length !== 1) {
    throw new UserError({
      what: `${given.length === 0 ? "none of `conversion`, `image` and `url`" : given.map((key) => `\`${key}\``).join(" and ")} given`,
      expected: "exactly one",
      next:
        given.length === 0
          ? "point `conversion` at the module that defines it"
          : `take ${given.length === 2 ? "one" : "two"} of them out`,
    });
  }
  const { caBundle, url, certificate, replicas = 2 } = args;
  if (caBundle !== undefined && url === undefined) {
    throw new UserError({
      what: "caBundle without url",
      expected: "caBundle only beside `url`, whose certificate it signs",
      next: "remove caBundle, or see `certificate`",
    });
  }
  if (!Number.isInteger(replicas) || replicas < 1) {
    throw new UserError({ what: `replicas is ${String(replicas)}`, expected: "a whole number of at least 1" });
  }
  const ways = certificate === undefined ? [] : Object.values(certificate).filter((way) => way !== undefined);
  if (certificate !== undefined && ways.length !== 1) {
    throw new UserError({
      what: `certificate names ${ways.length} ways`,
      expected: "exactly one of own, given and certManager",
    });
  }
  const { authorityDays = 3650, leafDays = 365 } = certificate?.own ?? {};
  if (!(leafDays > 0) || !(authorityDays >= 3 * leafDays)) {
    throw new UserError({
      what: `certificate.own has authorityDays ${authorityDays} and leafDays ${leafDays}`,
      expected: "an authority that lives at least three times as long as what it signs",
    });
  }
}
