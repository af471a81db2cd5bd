// Where pooling windows lie along one axis. A record says `adaptive` when window o of `out` covers ⌊o·size/out⌋ to
// ⌈(o + 1)·size/out⌉ − 1; all others start `stride` apart. The two rules are each other's mirror: pixel i lies in the windows
// ⌊i·out/size⌋ to ⌈(i + 1)·out/size⌉ − 1.

/** First position of window `o` inside the image. */
export function windowStart(o: i32, size: i32, out: i32, stride: i32, pad: i32, dilation: i32, adaptive: i32): i32 {
  if (adaptive) return i32(i64(o) * size / out);
  const start = o * stride - pad;
  return start >= 0 ? start : start + (-start + dilation - 1) / dilation * dilation;
}

/** One past the last position of window `o` inside the image. */
export function windowEnd(o: i32, size: i32, out: i32, kernel: i32, stride: i32, pad: i32, dilation: i32, adaptive: i32): i32 {
  if (adaptive) return i32(((i64(o) + 1) * size + out - 1) / out);
  return min(size, o * stride - pad + (kernel - 1) * dilation + 1);
}

/** First window that may hold position `i`. */
export function firstWindow(i: i32, size: i32, out: i32, kernel: i32, stride: i32, pad: i32, dilation: i32, adaptive: i32): i32 {
  if (adaptive) return i32(i64(i) * out / size);
  return max(0, (i + pad - (kernel - 1) * dilation + stride - 1) / stride);
}

/** One past the last window that may hold position `i`. */
export function lastWindow(i: i32, size: i32, out: i32, stride: i32, pad: i32, adaptive: i32): i32 {
  if (adaptive) return i32(((i64(i) + 1) * out + size - 1) / size);
  return min(out, (i + pad) / stride + 1);
}
