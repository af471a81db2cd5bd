/** What a module's binary says of itself. Section ids: WebAssembly core specification, 5.5.2. */
export interface Sections {
  /** Bytes by section id; custom sections are 0. */
  readonly bytes: ReadonlyMap<number, number>;
  readonly custom: readonly string[];
}

export const SECTION = { custom: 0, table: 4, global: 6, export: 7, start: 8, element: 9, code: 10, data: 11, dataCount: 12 } as const;

export function sectionsOf(binary: Uint8Array): Sections {
  const bytes = new Map<number, number>();
  const custom: string[] = [];
  let at = 8;
  const leb = (): number => {
    let [value, shift, byte] = [0, 0, 0];
    do {
      byte = binary[at++]!;
      value += (byte & 127) * 2 ** shift;
      shift += 7;
    } while (byte & 128);
    return value;
  };
  while (at < binary.length) {
    const id = binary[at++]!;
    const size = leb();
    const end = at + size;
    bytes.set(id, (bytes.get(id) ?? 0) + size);
    if (id === SECTION.custom) custom.push(new TextDecoder().decode(binary.subarray(at + 1, at + 1 + leb())));
    at = end;
  }
  return { bytes, custom };
}

/** Functions of a module's text by name: each from its `(func` to the next. */
export function functionsOfText(text: string): Map<string, string> {
  const parts = text.split(/^ \(func \$/m).slice(1);
  return new Map(parts.map((part) => [/^[^\s()]+/.exec(part)![0], part]));
}
