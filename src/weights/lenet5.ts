import text from '#weights/lenet5';

/**
 * LeNet-5 (LeCun et al. 1998) trained on handwritten digits: a safetensors file in float16 for `models.lenet5()`. What it was trained on, by
 * which command and seed, and how well it reads images it has not seen stands in its metadata and in docs/weights.md.
 */
export function lenet5Weights(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
