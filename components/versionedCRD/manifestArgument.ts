import * as pulumi from "@pulumi/pulumi";
import { withConversion, type ConversionArgs } from "../crd/conversion";
import type { Definition } from "../crd/definition";
import { checkedManifest, readManifest } from "../crd/manifest";
import {
  isPlainManifestInput,
  lateConversionOfManifestInputs,
  manifestInputsInOne,
  manifestInputsWithLateConversion,
  splitManifestInput,
  type ManifestInputs,
} from "../crd/manifestInputs";
import { withRefusal, refusal } from "../provider/refusal";
import type { VersionedCRDArgs } from "./args";
import { readConversionChoice } from "./conversionChoice";

/** The manifest as the program gave it; parts of it may be outputs. */
export function readManifestArgument(component: pulumi.Resource, args: VersionedCRDArgs): unknown {
  if ((args.file === undefined) === (args.crd === undefined)) {
    const found = args.file === undefined ? "neither `file` nor `crd`" : "`file` and `crd`";
    throw refusal(component, {
      what: `${found} given`,
      expected: "exactly one",
      next: "point `file` at the CRD's manifest",
    });
  }
  const { file, crd, name } = args;
  return file === undefined ? crd : withRefusal(component, () => readManifest(file, name));
}

/** The manifest with its conversion, checked; whatever is wrong with it is an error before anything is planned. */
export function normalizeManifestArgument(
  component: pulumi.Resource,
  given: unknown,
  { file, conversion: choice }: VersionedCRDArgs,
): ManifestInputs {
  const { address: conversion, completed } = readConversionChoice(choice);
  const checked = (value: unknown, webhook: ConversionArgs | undefined): Definition =>
    withRefusal(component, () => {
      const whole = file === undefined ? fromOfficial(value as object) : value;
      return withConversion(completed(checkedManifest(whole, file ?? "crd")), webhook);
    });
  // Thrown later, it would reach the terminal once for each input it is part of, as "error serializing property".
  if (isPlainManifestInput(given) && isPlainManifestInput(conversion)) {
    return manifestInputsInOne(checked(given, conversion as ConversionArgs | undefined));
  }
  if (isPlainManifestInput(given) && conversion !== undefined) {
    const known = checked(given, undefined);
    const late = lateConversionOfManifestInputs(known, conversion, (work) => withRefusal(component, work));
    return manifestInputsWithLateConversion(known, late);
  }
  const split = conversion === undefined ? splitManifestInput(given) : undefined;
  if (split !== undefined) return manifestInputsWithLateConversion(checked(split.rest, undefined), split.conversion);
  return manifestInputsInOne(
    pulumi
      .all([given, pulumi.output(conversion)])
      .apply(([value, webhook]) => checked(value, webhook as ConversionArgs)),
  );
}

/** The official resource's arguments may leave these two out, and spell x-kubernetes-… with underscores. */
function fromOfficial(crd: object): unknown {
  return withHyphens({ apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", ...crd });
}

/** Below these keys stand the user's own names and values. */
const VERBATIM = ["properties", "default", "enum", "example"];

function withHyphens(value: unknown, verbatim = false): unknown {
  if (Array.isArray(value)) return value.map((item) => withHyphens(item, verbatim));
  if (typeof value !== "object" || value === null) return value;
  const hyphens = (key: string): string =>
    key.startsWith("x_kubernetes_") && !verbatim ? key.replace(/_/g, "-") : key;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [
      hyphens(key),
      withHyphens(child, !verbatim && VERBATIM.includes(key)),
    ]),
  );
}
