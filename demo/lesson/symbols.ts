/** What matrices are called: as this library names them, or as courses do (LeCun's and Nielsen's a, z, δ). */
export const SYMBOLS = {
  plain: { x: 'x', w: 'w', b: 'b', y: 'y', t: 't', dy: 'dy', dx: 'dx', dw: 'dw', db: 'db' },
  course: { x: 'a', w: 'w', b: 'b', y: 'z', t: 't', dy: 'δ', dx: '∂L/∂a', dw: '∂L/∂w', db: '∂L/∂b' },
} as const;
export type Symbols = keyof typeof SYMBOLS;

/** The symbol of a figure; those that are made on the way are named by what they are made of. */
export function symbolOf(id: string, symbols: Symbols): string {
  const s = SYMBOLS[symbols];
  const made: Readonly<Record<string, string>> = {
    turned: `${s.w} ↻180°`, bordered: `0 · ${s.dy} · 0`, stamp: `${s.dy}ᵢⱼ·${s.w}`, readers: '#', columns: `cols(${s.x})`, outer: `${s.w}ᵀ·${s.dy}`,
    wNext: `${s.w} − ${s.dw}/64`, bNext: `${s.b} − ${s.db}/64`, quarter: `${s.dx}, ${s.w} ↻90°`,
  };
  return made[id] ?? (s as Readonly<Record<string, string>>)[id] ?? id;
}
