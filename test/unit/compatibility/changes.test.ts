import { compareDefinitions } from "../../../components/compatibility/compareDefinitions";
import { CHECKS } from "../../../components/compatibility/checks";
import type { Definition, Schema, Version } from "../../../components/crd/definition";
import { manifest, version, webhook, withSpec, withStored, withWebhook } from "../fixtures";

/** Findings of one change as `severity check path: what`. */
type Row = [sentence: string, old: Definition, next: Definition, findings: string[]];

const show = (old: Definition, next: Definition, rollout = false): string[] =>
  compareDefinitions(old, next, { rollout }).map(
    ({ severity, check, path, what }) => `${severity} ${check} ${path}: ${what}`,
  );

const text: Schema = { type: "string" };
const integer: Schema = { type: "integer" };
const object = (properties: Record<string, Schema>, more: Schema = {}): Schema => ({
  type: "object",
  properties,
  ...more,
});
const list = (items: Schema, more: Schema = {}): Schema => ({ type: "array", items, ...more });
const map = (additionalProperties: Schema | boolean): Schema => ({ type: "object", additionalProperties });
const KEEPS = { "x-kubernetes-preserve-unknown-fields": true };
const anything: Schema = { type: "object", ...KEEPS };
const intOrString: Schema = {
  "x-kubernetes-int-or-string": true,
  anyOf: [{ type: "integer" }, { type: "string" }],
};

/** A CRD whose only version has this as spec.field. */
const withField = (field: Schema): Definition => manifest(version("v1 storage", object({ spec: object({ field }) })));

const field = (sentence: string, old: Schema, next: Schema, ...findings: string[]): Row => [
  sentence,
  withField(old),
  withField(next),
  findings.map((finding) => finding.replace("HERE", "v1.spec.field")),
];

const rule = (text: string, more: object = {}) => ({
  ...object({}),
  "x-kubernetes-validations": [{ rule: text, ...more }],
});

const SCHEMA: Row[] = [
  field("string becomes integer", text, integer, "error type-changed HERE: type string → integer"),
  field(
    "a list's items become another type",
    list(text),
    list(integer),
    "error type-changed HERE[]: type string → integer",
  ),
  field(
    "with the type all else changes, and is said once",
    { ...text, maxLength: 5 },
    { ...integer, maximum: 5 },
    "error type-changed HERE: type string → integer",
  ),
  field("integer becomes number", integer, { type: "number" }, "warning type-widened HERE: type integer → number"),
  field("number becomes integer", { type: "number" }, integer, "error type-changed HERE: type number → integer"),
  field("string becomes int-or-string", text, intOrString, "warning type-widened HERE: type string → int-or-string"),
  field("int-or-string becomes integer", intOrString, integer, "error type-changed HERE: type int-or-string → integer"),
  field("anything becomes string", KEEPS, text, "error type-changed HERE: type any → string"),
  field(
    "a field is removed",
    object({ a: text, b: text }),
    object({ a: text }),
    "error field-removed HERE.b: field (string) → none",
  ),
  field(
    "a field that is called as a method is removed",
    object({ constructor: text }),
    object({}),
    "error field-removed HERE.constructor: field (string) → none",
  ),
  field(
    "a field of a list's items is removed",
    list(object({ a: text })),
    list(object({})),
    "error field-removed HERE[].a: field (string) → none",
  ),
  field(
    "a field of a map's values is removed",
    map(object({ a: text })),
    map(object({})),
    "error field-removed HERE.*.a: field (string) → none",
  ),
  field("fixed fields become a map of the same type", object({ a: text }), map(text)),
  field(
    "fixed fields become a map of another type",
    object({ a: text }),
    map(integer),
    "error type-changed HERE.a: type string → integer",
  ),
  field(
    "the items of a list are described",
    { type: "array", ...KEEPS },
    list(text, KEEPS),
    "error type-changed HERE[]: type any → string",
  ),
  field("a field goes where unknown fields are kept", object({ a: text }), anything),
  field(
    "a map becomes fixed fields",
    map(text),
    object({ a: text }),
    "error free-keys-removed HERE.*: additionalProperties (string) → none",
  ),
  field(
    "a map of anything becomes a map of strings",
    map(true),
    map(text),
    "error type-changed HERE.*: type any → string",
  ),
  field(
    "unknown fields are kept no longer",
    anything,
    object({}),
    "error preserve-unknown-fields-off HERE: x-kubernetes-preserve-unknown-fields true → false",
  ),
  field("unknown fields are kept from now on", object({}), anything),
  field(
    "unknown keys get a type",
    object({ a: text }, KEEPS),
    { ...map(text), ...KEEPS },
    "error type-changed HERE.*: type any → string",
  ),
  field(
    "an unknown field is described",
    anything,
    object({ a: text }, KEEPS),
    "warning unknown-field-described HERE.a: anything → field (string)",
  ),
  field(
    "an old field is required",
    object({ a: text }),
    object({ a: text }, { required: ["a"] }),
    "error required-added HERE.a: optional → required, without a default",
  ),
  field(
    "a new field is required",
    object({}),
    object({ a: text }, { required: ["a"] }),
    "error required-added HERE.a: optional → required, without a default",
  ),
  field(
    "a required field stands in a new optional parent",
    object({}),
    object({ p: object({ a: text }, { required: ["a"] }) }),
  ),
  field(
    "a new field is required and has a default",
    object({}),
    object({ a: { ...text, default: "x" } }, { required: ["a"] }),
    'info required-with-default HERE.a: optional → required, with the default "x"',
  ),
  field(
    "a field is required no longer",
    object({ a: text }, { required: ["a"] }),
    object({ a: text }),
    "info required-removed HERE.a: required → optional",
  ),
  field(
    "an enum loses a value",
    { ...text, enum: ["a", "b"] },
    { ...text, enum: ["a"] },
    'error enum-value-removed HERE: enum "a", "b" → "a", without "b"',
  ),
  field(
    "an enum gains a value",
    { ...text, enum: ["a"] },
    { ...text, enum: ["a", ""] },
    'warning enum-value-added HERE: enum "a" → "a", "", with "" new',
  ),
  field("an enum is added", text, { ...text, enum: ["a"] }, 'error enum-added HERE: enum none → "a"'),
  field("an enum is gone", { ...text, enum: ["a"] }, text, 'warning enum-value-added HERE: enum "a" → none'),
  field("an enum is sorted", { ...text, enum: ["a", "b"] }, { ...text, enum: ["b", "a"] }),
  ...[
    ["maximum", 10, 5, "maximum-lowered"],
    ["maxLength", 10, 5, "max-length-lowered"],
    ["maxItems", 10, 5, "max-items-lowered"],
    ["maxProperties", 10, 5, "max-properties-lowered"],
    ["minimum", 1, 2, "minimum-raised"],
    ["minLength", 1, 2, "min-length-raised"],
    ["minItems", 1, 2, "min-items-raised"],
    ["minProperties", 1, 2, "min-properties-raised"],
  ].flatMap(([keyword, loose, tight, id]) => [
    field(
      `${keyword} is tightened`,
      { [keyword!]: loose },
      { [keyword!]: tight },
      `error ${id} HERE: ${keyword} ${loose} → ${tight}`,
    ),
    field(`${keyword} is added`, {}, { [keyword!]: tight }, `error ${id} HERE: ${keyword} none → ${tight}`),
    field(`${keyword} is loosened`, { [keyword!]: tight }, { [keyword!]: loose }),
    field(`${keyword} is removed`, { [keyword!]: tight }, {}),
  ]),
  field("maximum: 0 is a bound", integer, { ...integer, maximum: 0 }, "error maximum-lowered HERE: maximum none → 0"),
  field("minimum: 0 is a bound", integer, { ...integer, minimum: 0 }, "error minimum-raised HERE: minimum none → 0"),
  field("minLength: 0 is none", text, { ...text, minLength: 0 }),
  field(
    "the maximum itself is excluded",
    { maximum: 9 },
    { maximum: 9, exclusiveMaximum: true },
    "error maximum-lowered HERE: maximum 9 → 9 (excluded)",
  ),
  field("the minimum itself is included", { minimum: 9, exclusiveMinimum: true }, { minimum: 9 }),
  field("the maximum is excluded and higher", { maximum: 9 }, { maximum: 10, exclusiveMaximum: true }),
  field(
    "multipleOf is added",
    integer,
    { ...integer, multipleOf: 2 },
    "error multiple-of-changed HERE: multipleOf none → 2",
  ),
  field(
    "multipleOf is coarser",
    { multipleOf: 2 },
    { multipleOf: 4 },
    "error multiple-of-changed HERE: multipleOf 2 → 4",
  ),
  field("multipleOf is finer", { multipleOf: 4 }, { multipleOf: 2 }),
  field(
    "uniqueItems is turned on",
    list(text),
    list(text, { uniqueItems: true }),
    "error unique-items-added HERE: uniqueItems false → true",
  ),
  field("uniqueItems is turned off", list(text, { uniqueItems: true }), list(text)),
  field(
    "a default is added to an old field",
    text,
    { ...text, default: "a" },
    'warning default-added HERE: default none → "a"',
  ),
  field("a new field has a default", object({}), object({ a: { ...text, default: "x" } })),
  field("a default changes", { default: 1 }, { default: 2 }, "error default-changed HERE: default 1 → 2"),
  field(
    "a default changes from nothing to an empty list",
    { default: [] },
    { default: [""] },
    'error default-changed HERE: default [] → [""]',
  ),
  field("a default is removed", { default: false }, {}, "error default-removed HERE: default false → none"),
  field("default: null is none", { default: null }, {}),
  field("a pattern is added", text, { ...text, pattern: "^a" }, 'error pattern-changed HERE: pattern none → "^a"'),
  field("a pattern changes", { pattern: "^b" }, { pattern: "^a" }, 'error pattern-changed HERE: pattern "^b" → "^a"'),
  field("a pattern is removed", { pattern: "^b" }, {}),
  field("a format is added", text, { ...text, format: "uuid" }, 'error format-changed HERE: format none → "uuid"'),
  field(
    "a format changes",
    { ...integer, format: "int64" },
    { ...integer, format: "int32" },
    'error format-changed HERE: format "int64" → "int32"',
  ),
  field(
    "a format is wider",
    { ...integer, format: "int32" },
    { ...integer, format: "int64" },
    'warning format-removed HERE: format "int32" → "int64"',
  ),
  field("a format is removed", { ...text, format: "uuid" }, text, 'warning format-removed HERE: format "uuid" → none'),
  field("int64 is added to an integer", integer, { ...integer, format: "int64" }),
  field(
    "nullable is turned on",
    text,
    { ...text, nullable: true },
    "warning nullable-added HERE: nullable false → true",
  ),
  field(
    "nullable is turned off",
    { ...text, nullable: true },
    text,
    "error nullable-removed HERE: nullable true → false",
  ),
  field(
    "a CEL rule is added",
    object({}),
    rule("self.a > 1"),
    'error validation-rule-added HERE: rule none → "self.a > 1"',
  ),
  field(
    "a CEL rule changes",
    rule("self.a > 1"),
    rule("self.a > 2"),
    'error validation-rule-added HERE: rule "self.a > 1" → "self.a > 2"',
  ),
  field(
    "a CEL rule holds for new objects, too",
    rule("self == oldSelf"),
    rule("self == oldSelf", { optionalOldSelf: true }),
    'error validation-rule-added HERE: rule "self == oldSelf" → "self == oldSelf (optionalOldSelf)"',
  ),
  field(
    "a CEL rule's quoted spaces change",
    rule("self.a != 'x  y'"),
    rule("self.a != 'x y'"),
    `error validation-rule-added HERE: rule "self.a != 'x  y'" → "self.a != 'x y'"`,
  ),
  field(
    "a CEL rule has another message, cause and line breaks",
    rule("self.a  > 1", { message: "a" }),
    rule("self.a\n  > 1", { message: "b", reason: "FieldValueInvalid", fieldPath: ".a" }),
  ),
  field("a CEL rule is removed", rule("self.a > 1"), object({})),
  field(
    "allOf grows",
    { allOf: [{ minimum: 1 }] },
    { allOf: [{ minimum: 1 }, { maximum: 5 }] },
    'error all-of-changed HERE: allOf {"minimum":1} → {"minimum":1}, {"maximum":5}',
  ),
  field("allOf shrinks", { allOf: [{ minimum: 1 }, { maximum: 5 }] }, { allOf: [{ maximum: 5 }] }),
  field("anyOf is added", {}, { anyOf: [{ minimum: 1 }] }, 'error any-of-changed HERE: anyOf none → {"minimum":1}'),
  field(
    "anyOf shrinks",
    { anyOf: [{ minimum: 1 }, { maximum: 5 }] },
    { anyOf: [{ maximum: 5 }] },
    'error any-of-changed HERE: anyOf {"minimum":1}, {"maximum":5} → {"maximum":5}',
  ),
  field("anyOf grows", { anyOf: [{ maximum: 5 }] }, { anyOf: [{ minimum: 1 }, { maximum: 5 }] }),
  field(
    "oneOf grows",
    { oneOf: [{ maximum: 5 }] },
    { oneOf: [{ minimum: 1 }, { maximum: 5 }] },
    'error one-of-changed HERE: oneOf {"maximum":5} → {"minimum":1}, {"maximum":5}',
  ),
  field(
    "oneOf names a schema twice",
    { oneOf: [{ maximum: 5 }] },
    { oneOf: [{ maximum: 5 }, { maximum: 5 }] },
    'error one-of-changed HERE: oneOf {"maximum":5} → {"maximum":5}, {"maximum":5}',
  ),
  field(
    "oneOf is in another order, or gone",
    object({ a: { oneOf: [{ maximum: 5 }, { minimum: 1 }] }, b: { oneOf: [{ maximum: 5 }] } }),
    object({ a: { oneOf: [{ minimum: 1 }, { maximum: 5 }] }, b: {} }),
  ),
  field("not is added", {}, { not: { minimum: 1 } }, 'error not-changed HERE: not none → {"minimum":1}'),
  field("not is removed", { not: { minimum: 1 } }, {}),
  field("what generators write beside int-or-string comes and goes", intOrString, {
    "x-kubernetes-int-or-string": true,
    allOf: [{ anyOf: [{ type: "integer" }, { type: "string" }] }],
  }),
  field(
    "a list type changes",
    list(text),
    list(text, { "x-kubernetes-list-type": "set" }),
    'error list-type-changed HERE: x-kubernetes-list-type "atomic" → "set"',
  ),
  field("an atomic list says so", list(text), list(text, { "x-kubernetes-list-type": "atomic" })),
  field(
    "list map keys change",
    list(object({}), { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"] }),
    list(object({}), { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a", "b"] }),
    'error list-map-keys-changed HERE: x-kubernetes-list-map-keys ["a"] → ["a","b"]',
  ),
  field(
    "a map type changes",
    object({}),
    object({}, { "x-kubernetes-map-type": "atomic" }),
    'error map-type-changed HERE: x-kubernetes-map-type "granular" → "atomic"',
  ),
  field(
    "an embedded resource becomes a plain object",
    object({ kind: text }, { "x-kubernetes-embedded-resource": true }),
    object({ kind: text }),
    "error embedded-resource-changed HERE: x-kubernetes-embedded-resource true → false",
  ),
  field(
    "an embedded resource need not name kind",
    object({ kind: text }, { "x-kubernetes-embedded-resource": true }),
    object({}, { "x-kubernetes-embedded-resource": true }),
  ),
  field(
    "a keyword that nobody knows yet",
    text,
    { ...text, "x-kubernetes-future": ["a"] },
    'error unhandled HERE: x-kubernetes-future none → ["a"]',
  ),
  field(
    "texts and a new optional field",
    object({}),
    object(
      { description: text, title: integer },
      { description: "d", title: "t", example: { a: 1 }, externalDocs: { url: "u" } },
    ),
  ),
];

const column = (name: string, jsonPath: string) => ({ name, type: "string", jsonPath });
const v1 = (more: Partial<Version>): Definition => manifest({ ...version("v1 storage"), ...more });
const scale = (more: object = {}) => ({
  subresources: { scale: { specReplicasPath: ".spec.a", statusReplicasPath: ".status.a", ...more } },
});

const VERSION: Row[] = [
  [
    "the status subresource goes",
    v1({ subresources: { status: {} } }),
    v1({}),
    ["error subresource-removed v1.subresources.status: subresource status → none"],
  ],
  [
    "the status subresource comes",
    v1({}),
    v1({ subresources: { status: {} } }),
    ["error status-subresource-added v1.subresources.status: subresource none → status"],
  ],
  ["scale comes, then gets a selector", v1({}), v1(scale()), []],
  ["scale gets a selector", v1(scale()), v1(scale({ labelSelectorPath: ".status.s" })), []],
  [
    "scale reads another field",
    v1(scale()),
    v1(scale({ specReplicasPath: ".spec.b" })),
    ['error scale-path-changed v1.subresources.scale.specReplicasPath: specReplicasPath ".spec.a" → ".spec.b"'],
  ],
  [
    "a subresource that nobody knows yet",
    v1({ subresources: {} }),
    v1({ subresources: { exec: {} } }),
    ["error unhandled v1.subresources: exec none → {}"],
  ],
  [
    "a selectable field goes, another comes",
    v1({ selectableFields: [{ jsonPath: ".spec.a" }] }),
    v1({ selectableFields: [{ jsonPath: ".spec.b" }] }),
    ["error selectable-field-removed v1.selectableFields.spec.a: selectable field .spec.a → none"],
  ],
  [
    "a printer column goes, one changes, one comes",
    v1({ additionalPrinterColumns: [column("A", ".a"), column("B", ".b")] }),
    v1({ additionalPrinterColumns: [column("C", ".c"), column("B", ".d")] }),
    [
      'info printer-column-removed v1.additionalPrinterColumns.A: column ".a" → none',
      'info printer-column-removed v1.additionalPrinterColumns.B: column ".b" → ".d"',
    ],
  ],
  ["a version is deprecated", v1({}), v1({ deprecated: true, deprecationWarning: "use v2" }), []],
  ["a version has a key that nobody knows yet", v1({}), v1({ future: 1 }), ["error unhandled v1: future none → 1"]],
];

const names = (more: object): Definition =>
  withSpec(manifest("v1 storage"), { names: { kind: "Database", plural: "databases", ...more } });
const spec = (more: object): Definition => withSpec(manifest("v1 storage"), more);
const two = manifest("v1 storage", "v2");
/** v2 takes less than v1. */
const stricter = (v1: string, v2: string): Definition =>
  manifest(
    version(v1, object({ spec: object({ each: text }) })),
    version(v2, object({ spec: object({ each: { ...text, maxLength: 3 } }, { required: ["each"] }) })),
  );

const DEFINITION: Row[] = [
  [
    "another group",
    spec({}),
    spec({ group: "example.org" }),
    ['error group-changed spec.group: group "example.com" → "example.org"'],
  ],
  [
    "another scope",
    spec({}),
    spec({ scope: "Cluster" }),
    ['error scope-changed spec.scope: scope "Namespaced" → "Cluster"'],
  ],
  [
    "another plural",
    names({}),
    names({ plural: "dbs" }),
    ['error plural-changed spec.names.plural: plural "databases" → "dbs"'],
  ],
  [
    "another kind",
    names({ singular: "database", listKind: "DatabaseList" }),
    names({ kind: "DB", singular: "database", listKind: "DatabaseList" }),
    ['error kind-changed spec.names.kind: kind "Database" → "DB"'],
  ],
  [
    "another list kind",
    names({}),
    names({ listKind: "Databases" }),
    ['error list-kind-changed spec.names.listKind: listKind "DatabaseList" → "Databases"'],
  ],
  [
    "another singular",
    names({}),
    names({ singular: "db" }),
    ['warning singular-changed spec.names.singular: singular "database" → "db"'],
  ],
  [
    "names that the API server fills in are written out",
    names({}),
    names({ singular: "database", listKind: "DatabaseList", shortNames: ["db"], categories: ["all"] }),
    [],
  ],
  [
    "a short name goes",
    names({ shortNames: ["db", "d"] }),
    names({ shortNames: ["d", "x"] }),
    ["warning short-name-removed spec.names.shortNames.db: db → none"],
  ],
  [
    "a category goes",
    names({ categories: ["all"] }),
    names({}),
    ["warning category-removed spec.names.categories.all: all → none"],
  ],
  ["a name that nobody knows yet", names({}), names({ alias: "x" }), ['error unhandled spec.names: alias none → "x"']],
  ["a key of spec that nobody knows yet", spec({}), spec({ future: 1 }), ["error unhandled spec: future none → 1"]],
  [
    "another key of conversion that nobody knows yet",
    spec({ conversion: { strategy: "None" } }),
    spec({ conversion: { strategy: "None", future: 1 } }),
    ["error unhandled spec.conversion: future none → 1"],
  ],
  [
    "spec.preserveUnknownFields goes",
    spec({ preserveUnknownFields: true }),
    spec({ preserveUnknownFields: false }),
    ["error spec-preserve-unknown-fields-off spec.preserveUnknownFields: preserveUnknownFields true → false"],
  ],
  [
    "what the API server fills in",
    spec({}),
    spec({ preserveUnknownFields: false, conversion: { strategy: "None" } }),
    [],
  ],
  [
    "labels and status",
    manifest("v1 storage"),
    withStored({ ...manifest("v1 storage"), metadata: { name: "databases.example.com", labels: { a: "b" } } }, "v1"),
    [],
  ],
  [
    "a served version goes",
    two,
    manifest("v1 storage"),
    [
      "error served-version-removed v2: served → removed",
      "info version-priority-changed spec.versions: first served version v2 → v1",
    ],
  ],
  [
    "an unserved version goes",
    manifest("v1 storage", "v2 unserved"),
    manifest("v1 storage"),
    ["info unserved-version-removed v2: not served → removed"],
  ],
  [
    "an unserved version goes in which objects are stored",
    withStored(manifest("v1 storage", "v2 unserved"), "v1", "v2"),
    manifest("v1 storage"),
    ["error stored-version-removed v2: stored → removed"],
  ],
  [
    "the storage version goes",
    manifest("v1 unserved storage", "v2"),
    manifest("v2 storage"),
    ["error stored-version-removed v1: stored → removed"],
  ],
  [
    "a version is served no longer",
    two,
    manifest("v1 storage", "v2 unserved"),
    [
      "error version-unserved v2: served true → false",
      "info version-priority-changed spec.versions: first served version v2 → v1",
    ],
  ],
  [
    "storage moves to a version that was not there",
    manifest("v1beta1 storage"),
    manifest("v1beta1", "v1alpha1 storage"),
    ["error storage-flipped-unsafely v1alpha1: storage version v1beta1 → v1alpha1, which the old CRD does not serve"],
  ],
  [
    "storage moves to a version that was not served",
    manifest("v2 storage", "v1 unserved"),
    manifest("v2", "v1 storage"),
    ["error storage-flipped-unsafely v1: storage version v2 → v1, which the old CRD does not serve"],
  ],
  ["storage moves to a version that was served", two, manifest("v1", "v2 storage"), []],
  [
    "storage moves, without a conversion, to a version that refuses what the old one takes",
    stricter("v1 storage", "v2"),
    stricter("v1", "v2 storage"),
    [
      "warning storage-version-stricter v2.spec.each: v1 → v2: maxLength none → 3",
      "warning storage-version-stricter v2.spec.each: v1 → v2: optional → required, without a default",
    ],
  ],
  [
    "a stricter version that storage had moved to before",
    stricter("v1", "v2 storage"),
    stricter("v1", "v2 storage"),
    [],
  ],
  [
    "storage moves to a stricter version through a webhook",
    withWebhook(stricter("v1 storage", "v2")),
    withWebhook(stricter("v1", "v2 storage")),
    [],
  ],
  [
    "a version of less priority comes",
    manifest("v1 storage"),
    manifest("v1 storage", "v2beta1", "v11alpha2", "nightly"),
    [],
  ],
  [
    "a version of more priority comes",
    manifest("v2 storage"),
    manifest("v2 storage", "v10"),
    ["info version-priority-changed spec.versions: first served version v2 → v10"],
  ],
  [
    "the webhook goes while versions differ",
    spec({ ...differing().spec, conversion: webhook() }),
    differing(),
    [
      "error conversion-removed spec.conversion.strategy: strategy Webhook → None, with different schemas of v1, v2",
      "error stored-field-dropped v1.spec.b: v2 → v1: no such field, and conversion is None",
    ],
  ],
  [
    "the webhook goes while versions differ in texts only",
    spec({ ...two.spec, conversion: webhook() }),
    manifest("v1 storage", version("v2", { ...schemaOfFixture(), description: "the same" })),
    [],
  ],
  [
    "the webhook comes, or answers elsewhere",
    spec({ ...two.spec, conversion: webhook() }),
    spec({ ...two.spec, conversion: webhook("https://elsewhere/") }),
    [],
  ],
];

function schemaOfFixture(): Schema {
  return version("v1").schema!.openAPIV3Schema!;
}

function differing(): Definition {
  return manifest(
    version("v1 storage", object({ spec: object({ a: text }) })),
    version("v2", object({ spec: object({ a: text, b: text }) })),
  );
}

const between = (a: Schema, b: Schema, words = "v2", conversion = {}): Definition =>
  withSpec(manifest(version("v1 storage", object({ spec: a })), version(words, object({ spec: b }))), conversion);
const a = object({ a: text });
const ab = object({ a: text, b: text });

const BETWEEN: Row[] = [
  [
    "the storage version lacks a field of a new version",
    between(a, a),
    between(a, ab),
    ["error stored-field-dropped v1.spec.b: v2 → v1: no such field, and conversion is None"],
  ],
  [
    "another version lacks a field of the storage version",
    between(a, a),
    between(ab, a),
    ["warning field-dropped-by-writers v2.spec.b: v1 → v2: no such field, and conversion is None"],
  ],
  [
    "inside lists and maps",
    between(a, a),
    between(object({ l: list(ab), m: map(ab) }), object({ a: text, l: list(a), m: map(a) })),
    [
      "error field-removed v1.spec.a: field (string) → none",
      "error stored-field-dropped v1.spec.a: v2 → v1: no such field, and conversion is None",
      "warning field-dropped-by-writers v2.spec.l[].b: v1 → v2: no such field, and conversion is None",
      "warning field-dropped-by-writers v2.spec.m.*.b: v1 → v2: no such field, and conversion is None",
    ],
  ],
  ["it was so before", between(a, ab), between(a, ab), []],
  [
    "it was so before, and the storage version changes sides",
    between(a, ab),
    manifest(version("v1", object({ spec: a })), version("v2 storage", object({ spec: ab }))),
    [],
  ],
  [
    "another version lacked it before, and is to be stored",
    between(ab, a),
    manifest(version("v1", object({ spec: ab })), version("v2 storage", object({ spec: a }))),
    ["error stored-field-dropped v2.spec.b: v1 → v2: no such field, and conversion is None"],
  ],
  [
    "there is a webhook",
    between(a, a, "v2", { conversion: webhook() }),
    between(a, ab, "v2", { conversion: webhook() }),
    [],
  ],
  ["the version that lacks it is not served", between(a, a, "v2 unserved"), between(ab, a, "v2 unserved"), []],
  [
    "another type in the other version",
    manifest(version("v1 storage", object({ spec: a }))),
    between(a, object({ a: integer }), "v1beta1"),
    [
      "error stored-field-dropped v1.spec.a: v1beta1 → v1: integer → string, and conversion is None",
      "warning field-dropped-by-writers v1beta1.spec.a: v1 → v1beta1: string → integer, and conversion is None",
    ],
  ],
];

const ROWS: Row[] = [...SCHEMA, ...VERSION, ...DEFINITION, ...BETWEEN];

test.each(ROWS)("%s", (_sentence, old, next, findings) => {
  expect(show(old, next)).toEqual(findings);
});

test.each(ROWS)("nothing is found when nothing changes: %s", (_sentence, old, next) => {
  expect(show(old, old)).toEqual([]);
  expect(show(next, next)).toEqual([]);
});

test("each check has a row that finds it, and every id is its own", () => {
  const found = new Set(ROWS.flatMap(([, old, next]) => compareDefinitions(old, next).map(({ check }) => check)));
  expect([...found].sort()).toEqual(CHECKS.map(({ id }) => id).sort());
});

test("a rollout makes the flip and the removal safe, and nothing else", () => {
  const old = manifest("v1 storage", "v1alpha1 unserved");
  const next = manifest(version("v2 storage", object({ spec: object({ a: text }) })), version("v3 unserved"));
  expect(show(old, next)).toHaveLength(4 + 1);
  expect(show(old, next, true)).toEqual(["info version-priority-changed spec.versions: first served version v1 → v2"]);
  const unserved = manifest("v2 storage", "v1 unserved");
  expect(show(manifest("v1 storage"), unserved, true)).toContain("error version-unserved v1: served true → false");
});

test("a rollout rehearses every object: it says nothing of a stricter storage version", () => {
  expect(show(stricter("v1 storage", "v2"), stricter("v1", "v2 storage"), true)).toEqual([]);
});

test("in a version that is not served only what is stored counts", () => {
  const old = { ...text, enum: ["a"], maxLength: 5 };
  const hidden = (each: Schema): Definition =>
    manifest(version("v1 unserved storage", object({ spec: object({ each }) })), "v2");
  expect(show(hidden(old), hidden({ ...text, enum: ["b"], maxLength: 1, pattern: "a" }))).toEqual([]);
  expect(show(hidden(object({ a: text })), hidden(object({})))).toContain(
    "error field-removed v1.spec.each.a: field (string) → none",
  );
});

test("long values and long lists are cut", () => {
  const [finding] = show(withField(text), withField({ ...text, enum: [..."abcdefgh"], pattern: "x".repeat(500) }));
  expect(finding).toBe('error enum-added v1.spec.field: enum none → "a", "b", "c", "d", "e" and 3 more');
  expect(show(withField(text), withField({ ...text, pattern: "x".repeat(500) }))[0]!.length).toBeLessThan(160);
});
