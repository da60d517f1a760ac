import type { Move } from "./moves";
import { elementSchema, KUBERNETES_OWN, schemaAt, type SchemaNode } from "./schema";
import { jsonValueAsText } from "./jsonValue";

interface Sides<T> {
  readonly old: T;
  readonly new: T;
}

/** Keywords that tell what a field may hold. Texts, defaults and CEL rules change nothing in what is carried over. */
const TELLING = [
  "type",
  "format",
  "nullable",
  "enum",
  "pattern",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "uniqueItems",
  "minProperties",
  "maxProperties",
  "x-kubernetes-int-or-string",
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-embedded-resource",
];

/**
 * Every field that differs between the two versions and that no move names, as sentences: what is not named would be
 * carried over as it is, and lost or invalid on the other side.
 */
export function findMissingMoves(
  schemas: Sides<SchemaNode>,
  moves: readonly Move[],
  around: string,
  names: Sides<string>,
): string[] {
  return new Comparison(schemas, moves, around, names).run();
}

class Comparison {
  private readonly named: Sides<ReadonlySet<string>>;
  private readonly problems: string[] = [];

  constructor(
    private readonly schemas: Sides<SchemaNode>,
    private readonly moves: readonly Move[],
    private readonly around: string,
    private readonly names: Sides<string>,
  ) {
    this.named = {
      old: new Set(moves.flatMap((move) => move.old)),
      new: new Set(moves.flatMap((move) => move.new)),
    };
  }

  run(): string[] {
    const { old, new: after } = this.schemas;
    this.compareFields(old, after, "");
    if (this.around !== "" && old.properties === undefined && this.moves.length === 0) this.compareElements(old, after);
    return this.problems;
  }

  private compareFields(before: SchemaNode | undefined, after: SchemaNode | undefined, path: string): void {
    for (const field of new Set([...fieldsOf(before), ...fieldsOf(after)])) {
      if (this.around === "" && path === "" && KUBERNETES_OWN.includes(field)) continue;
      const at = path + field;
      const [one, other] = [fieldOf(before, field), fieldOf(after, field)];
      if (!field.includes(".")) {
        this.compare(this.named.old.has(at) ? undefined : one, this.named.new.has(at) ? undefined : other, at);
      } else if (one === undefined || other === undefined || !isSameSchema(one, other)) {
        this.report(`${at} differs, and no path can name "${field}": move the object around it by custom()`);
      }
    }
  }

  private compare(before: SchemaNode | undefined, after: SchemaNode | undefined, at: string): void {
    if (before !== undefined && after !== undefined) return this.compareBoth(before, after, at);
    if (before === undefined && after === undefined) return;
    const side = before === undefined ? "new" : "old";
    const within = [...this.named[side]].some((path) => path.startsWith(`${at}.`));
    if (within) return this.compareFields(before, after, `${at}.`);
    const advice = side === "old" ? "removed(), rename() or map()" : "added(), rename() or map()";
    this.report(`${at} is in ${this.names[side]} only: say ${advice}`);
  }

  private compareBoth(before: SchemaNode, after: SchemaNode, at: string): void {
    const changed = keywordChanges(before, after);
    if (changed.length > 0) {
      this.report(`${at} differs (${changed.join("; ")}): say map(), keep() or custom()`);
    } else if (before.properties !== undefined && after.properties !== undefined) {
      this.compareFields(before, after, `${at}.`);
    } else if (!hasSameElements(before, after)) {
      this.report(`${at} differs in what is in it: say each(), wrap() or custom()`);
    }
  }

  /** What a list or map holds that is no object. */
  private compareElements(before: SchemaNode, after: SchemaNode): void {
    const [own, whole] = [keywordChanges(before, after), this.around.slice(0, -1)];
    if (own.length > 0) this.problems.push(`${whole} differs (${own.join("; ")}): say map() or custom()`);
    else if (!hasSameElements(before, after)) this.problems.push(`${whole} differs in what is in it`);
  }

  private report(problem: string): void {
    this.problems.push(`${this.around}${problem}`);
  }
}

function fieldsOf(schema: SchemaNode | undefined): string[] {
  return Object.keys(schema?.properties ?? {});
}

function keywordChanges(before: SchemaNode, after: SchemaNode): string[] {
  const found = TELLING.filter((keyword) => keywordText(keyword, before) !== keywordText(keyword, after)).map(
    (keyword) => `${keyword}: ${keywordText(keyword, before)} → ${keywordText(keyword, after)}`,
  );
  if ((before.properties === undefined) !== (after.properties === undefined)) found.push("properties on one side only");
  return found;
}

function keywordText(keyword: string, schema: SchemaNode): string {
  const value = schema[keyword];
  if (value === undefined || value === false) return "none";
  // The order of an enum's values says nothing.
  return jsonValueAsText(keyword === "enum" && Array.isArray(value) ? [...(value as unknown[])].sort() : value);
}

/** Whether lists, or maps, hold the same; `each` is the move for those that do not. */
function hasSameElements(before: SchemaNode, after: SchemaNode): boolean {
  const [first, second] = [elementSchema(before), elementSchema(after)];
  if (first === undefined || second === undefined) {
    return first === second && before.additionalProperties === after.additionalProperties;
  }
  return isSameSchema(first, second);
}

function isSameSchema(before: SchemaNode, after: SchemaNode): boolean {
  if (keywordChanges(before, after).length > 0 || !hasSameElements(before, after)) return false;
  const names = new Set([...fieldsOf(before), ...fieldsOf(after)]);
  return [...names].every((name) => {
    const [one, other] = [fieldOf(before, name), fieldOf(after, name)];
    return one !== undefined && other !== undefined && isSameSchema(one, other);
  });
}

/** `toString` may be a field's name, and every object has one. */
function fieldOf(schema: SchemaNode | undefined, name: string): SchemaNode | undefined {
  return schemaAt(schema, [name]);
}
