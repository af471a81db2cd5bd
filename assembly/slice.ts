/** Start of `part` when `items` are shared among `parts`: ⌊items · part / parts⌋, in 64 bits because the product overflows 32. */
// @ts-ignore: decorator
@inline
export function share(items: i32, part: i32, parts: i32): i32 {
  return i32((u64(items) * u64(part)) / u64(parts));
}
