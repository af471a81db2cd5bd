import { readFile } from 'node:fs/promises';
import type { Shape } from '../core/shape.js';
import { decodeFile } from '../data/images/raster.js';
import type { Preprocessing } from '../data/open.js';
import type { Input } from '../pixels/ink.js';
import { prepared } from '../pixels/recipe.js';

/** Reads a picture of ink as MNIST has it, or a photograph: PNG or JPEG. Throws FormatError naming the file. */
export async function readInput(file: string, input: Shape, { side, mean, deviation }: Preprocessing): Promise<Input> {
  return prepared(await decodeFile(await readFile(file), file), { input, ...(side !== undefined && { side }), ...(mean && { mean }), ...(deviation && { deviation }) }, file);
}
