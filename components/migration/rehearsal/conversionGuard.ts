import type { Cluster } from "../../kubernetes/cluster";
import type { Work } from "../../kubernetes/report";
import type { Guard } from "../rewrite/guard";
import { complete, conversionsOf, type Rehearsal, routeOf } from "./rehearsal";
import { checkRoundTrip } from "./rehearseObject";

/** Expects of each rewrite what the conversion, asked by us right before, makes of the object without a loss. */
export function conversionGuard(cluster: Cluster, rehearsal: Rehearsal, work: Work): Guard {
  const route = routeOf(rehearsal);
  const conversions = conversionsOf(cluster, rehearsal, work);
  return {
    from: route.from,
    upTo: rehearsal.upTo,
    async expected(listed) {
      const original = complete(listed, rehearsal);
      const converted = await conversions.convert(original);
      await checkRoundTrip(route, conversions, original, converted);
      return converted;
    },
    async assertKept(listed, found) {
      await checkRoundTrip(route, conversions, complete(listed, rehearsal), found);
    },
  };
}
