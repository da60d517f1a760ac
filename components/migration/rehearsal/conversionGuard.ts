import { schemaOfDefinition } from "../../crd/definition";
import type { Cluster } from "../../kubernetes/cluster";
import type { Work } from "../../kubernetes/report";
import type { Guard } from "../rewrite/guard";
import { completeForRehearsal, conversionsOfRehearsal, type Rehearsal, routeOfRehearsal } from "./rehearsal";
import { withoutPrunedNulls } from "./prunedNulls";
import { checkEmptiesOfObject, checkRoundTripOfObject } from "./rehearseObject";

/** Expects of each rewrite what the conversion, asked by us right before, makes of the object without a loss. */
export function conversionGuard(cluster: Cluster, rehearsal: Rehearsal, work: Work): Guard {
  const route = routeOfRehearsal(rehearsal);
  const conversions = conversionsOfRehearsal(cluster, rehearsal, work);
  const schema = schemaOfDefinition(rehearsal.definition, rehearsal.to);
  return {
    from: route.from,
    upTo: rehearsal.upTo,
    schema,
    async expected(listed) {
      const original = completeForRehearsal(listed, rehearsal);
      const converted = await conversions.convert(original);
      await checkRoundTripOfObject(route, conversions, original, converted);
      return withoutPrunedNulls(schema, converted);
    },
    async assertKept(listed, stored, converted) {
      const original = completeForRehearsal(listed, rehearsal);
      await checkRoundTripOfObject(route, conversions, original, stored);
      await checkEmptiesOfObject(route, conversions, { original, converted, stored });
    },
  };
}
