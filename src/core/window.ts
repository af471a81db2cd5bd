/** Windows along one axis of `size`: ⌊(size + before + after − dilation·(kernel − 1) − 1) / stride⌋ + 1 (Dumoulin and Visin 2016). */
export function windows(size: number, kernel: number, stride: number, before: number, after: number, dilation: number): number {
  return Math.floor((size + before + after - dilation * (kernel - 1) - 1) / stride) + 1;
}

/** The same rounded up (ceil mode); a last window that would start beyond the image and its left padding is dropped (ATen). */
export function windowsCeil(size: number, kernel: number, stride: number, pad: number, dilation: number): number {
  const count = Math.ceil((size + 2 * pad - dilation * (kernel - 1) - 1) / stride) + 1;
  return (count - 1) * stride >= size + pad ? count - 1 : count;
}
