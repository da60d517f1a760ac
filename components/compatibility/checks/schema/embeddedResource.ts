import type { NodeCheck } from "../../check";
import { describeChange } from "../../describeValue";
import { isEmbeddedResourceType } from "../../schemaType";

const KEYWORD = "x-kubernetes-embedded-resource";

export const embeddedResourceChanged: NodeCheck = {
  id: "embedded-resource-changed",
  severity: "error",
  explain: `\`${KEYWORD}\` is turned on or off.`,
  why: "Turned on, an object without apiVersion and kind in it is refused; turned off, these and metadata are deleted unless the schema names them.",
  fix: "Keep it as it is, or change it in a new version with a conversion webhook.",
  keywords: [KEYWORD],
  concerns: "data",
  compare: ({ old, next }) => {
    const [before, after] = [isEmbeddedResourceType(old), isEmbeddedResourceType(next)];
    return before === after ? [] : [{ what: describeChange(KEYWORD, before, after) }];
  },
};
