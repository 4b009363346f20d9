import { isMap, isSeq, type Node, type YAMLMap } from 'yaml';

/** Where something is written; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Reads the fields of one mapping; every fault is reported at its place. */
export class FieldReader {
  readonly #map: YAMLMap;
  readonly #placeOf: (node: Node | null | undefined) => Place;
  readonly #report: (place: Place, message: string) => void;

  constructor(
    map: YAMLMap,
    placeOf: (node: Node | null | undefined) => Place,
    report: (place: Place, message: string) => void,
  ) {
    this.#map = map;
    this.#placeOf = placeOf;
    this.#report = report;
  }

  has(name: string): boolean {
    return this.#map.has(name);
  }

  place(name: string): Place {
    return this.#placeOf(this.#node(name) ?? this.#map);
  }

  fault(name: string, message: string): void {
    this.#report(this.place(name), `\`${name}\` ${message}`);
  }

  refuseOthers(known: readonly string[]): void {
    for (const { key } of this.#map.items) {
      if (!known.includes(String(key)))
        this.#report(this.place(String(key)), `unknown field \`${String(key)}\``);
    }
  }

  text(name: string, check: (value: string) => string | undefined = () => undefined): string | undefined {
    const value: unknown = this.#map.get(name);
    if (typeof value !== 'string' || value === '') {
      this.fault(name, value === undefined ? 'is missing' : 'must be text');
      return undefined;
    }
    const fault = check(value);
    if (fault !== undefined) this.fault(name, fault);
    return fault === undefined ? value : undefined;
  }

  texts(name: string, max: number, check: (value: string) => string | undefined): string[] {
    const node = this.#map.get(name, true);
    if (!isSeq(node) || node.items.length === 0 || node.items.length > max) {
      this.fault(name, `must be a list of 1 to ${max} entries`);
      return [];
    }
    const values: string[] = [];
    const entries: unknown = node.toJSON();
    for (const value of Array.isArray(entries) ? entries : []) {
      const fault = typeof value === 'string' ? check(value) : 'must hold text only';
      if (fault !== undefined) this.fault(name, fault);
      else values.push(value);
    }
    return values;
  }

  word<const W extends string>(name: string, words: readonly W[]): W | undefined {
    const value: unknown = this.#map.get(name);
    const word = words.find((candidate) => candidate === value);
    if (word === undefined) this.fault(name, `must be one of ${words.join(', ')}`);
    return word;
  }

  words<const W extends string>(name: string, words: readonly W[]): W[] {
    const values = this.texts(name, words.length, (value) =>
      words.some((word) => word === value)
        ? undefined
        : `may hold only ${words.join(', ')}, not \`${value}\``,
    );
    return words.filter((word) => values.includes(word));
  }

  number(name: string, min: number, max: number, fallback: number): number {
    if (!this.has(name)) return fallback;
    const value: unknown = this.#map.get(name);
    if (typeof value === 'number' && value >= min && value <= max) return value;
    this.fault(name, `must be a number from ${min} to ${max}`);
    return fallback;
  }

  map(name: string): FieldReader | undefined {
    const node = this.#node(name);
    if (isMap(node)) return new FieldReader(node, this.#placeOf, this.#report);
    this.fault(name, node === undefined ? 'is missing' : 'must be a mapping');
    return undefined;
  }

  #node(name: string): Node | undefined {
    const node: unknown = this.#map.get(name, true);
    return isNodeLike(node) ? node : undefined;
  }
}

function isNodeLike(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'range' in value;
}
