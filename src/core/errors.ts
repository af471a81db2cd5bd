/** Every error that convasm throws on purpose: one line that names the layer, tensor or file, what came, what was expected and the remedy. */
export class ConvasmError extends Error {
  override name = 'ConvasmError';
}

/** A tensor's shape does not fit where it was given. */
export class ShapeError extends ConvasmError {
  override name = 'ShapeError';
}

/** An option, label or argument is out of its range. */
export class OptionError extends ConvasmError {
  override name = 'OptionError';
}

/** An image is too small for a window. */
export class TooSmallError extends OptionError {}

/** A file is truncated, corrupt, hostile or not what its name says. */
export class FormatError extends ConvasmError {
  override name = 'FormatError';
}

/** More memory is needed than WebAssembly or the platform gives. */
export class MemoryError extends ConvasmError {
  override name = 'MemoryError';
}

/** The platform or this version cannot do what was asked. */
export class UnsupportedError extends ConvasmError {
  override name = 'UnsupportedError';
}

/** Training met a loss that is not finite. `step` counts from 1; `layer` is the first layer whose output is not finite. */
export class DivergedError extends ConvasmError {
  override name = 'DivergedError';
  readonly step: number;
  readonly layer: string | null;
  constructor(message: string, step: number, layer: string | null) {
    super(message);
    this.step = step;
    this.layer = layer;
  }
}
