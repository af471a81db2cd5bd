import { encode } from 'fast-png';
import { compile } from '../compile.js';
import type { Network } from '../network.js';
import { elements } from '../core/shape.js';
import { heatPicture } from '../pictures/cam.js';
import { gradCam } from '../pictures/gradcam.js';
import { featureMapPicture, kernelPicture } from '../pictures/kernels.js';
import type { Picture } from '../pictures/picture.js';
import type { Input } from '../pixels/ink.js';
import { save } from '../io/save.js';
import type { Call } from './commands.js';
import { UsageError } from './failure.js';
import { readInput } from './input.js';
import { assumption, readWeights, type Weights } from './metadata.js';
import { modelNamed, type Model } from './models.js';
import { suggestion } from './nearest.js';
import { existingFile, required, writableFile } from './values.js';

const KINDS = ['kernels', 'maps', 'cam'] as const;
type Kind = (typeof KINDS)[number];

interface Asked {
  readonly model: Model;
  readonly weights: Weights;
  readonly file: string;
  readonly layer: string | undefined;
  readonly className: string | undefined;
}

/** `convasm picture kernels|maps|cam`: what a network has learned, as PNG. */
export async function picture(call: Call): Promise<void> {
  const [kind, image] = call.args as [Kind, string | undefined];
  if (!KINDS.includes(kind)) throw new UsageError(`unknown kind ${kind}${suggestion(kind, KINDS)}`);
  const model = modelNamed(required(call, 'model', 'NAME'));
  const file = existingFile(required(call, 'weights', 'FILE'), '--weights');
  if (kind !== 'kernels' && image === undefined) throw new UsageError(`an image is missing: convasm picture ${kind} IMAGE`);
  const out = writableFile(call.options.get('out') ?? `${kind}.png`, 'out');
  const weights = await readWeights(file, model);
  const assumed = assumption(file, weights);
  if (assumed !== null) process.stderr.write(`${assumed}\n`);
  const asked = { model, weights, file, layer: call.options.get('layer'), className: call.options.get('class') };
  const input = image === undefined ? null : await readInput(existingFile(image, 'image'), model.input, weights.preprocessing);
  const { drawn, words } = kind === 'kernels' ? await drawKernels(asked) : kind === 'maps' ? await drawMaps(asked, input!) : await drawActivation(asked, input!);
  await save(out, encode({ width: drawn.width, height: drawn.height, data: new Uint8Array(drawn.data.buffer), channels: 4 }));
  process.stdout.write(`${words}: ${out} (${drawn.width}x${drawn.height})\n`);
}

interface Drawn {
  readonly drawn: Picture;
  readonly words: string;
}

async function network({ model, weights, file }: Asked, watch?: string): Promise<Network> {
  const options = watch === undefined ? { fuse: false } : { watch: [watch] };
  const net = await compile(await model.build({ classes: weights.classes.length }), { input: model.input, ...options });
  net.load(weights.tensors, { file });
  return net;
}

/** The layer asked for, else `fallback` of the names; throws UsageError with the nearest name there is. */
function layerOf(names: readonly string[], { layer }: Asked, fallback: string | undefined): string {
  const chosen = layer ?? fallback;
  if (chosen !== undefined && names.includes(chosen)) return chosen;
  throw new UsageError(`--layer ${chosen ?? ''}: no such layer${suggestion(chosen ?? '', names)}`);
}

async function drawKernels(asked: Asked): Promise<Drawn> {
  const net = await network(asked);
  const kernels = net.parameters.filter(({ name, shape }) => name.endsWith('.weight') && shape.length === 4);
  const names = kernels.map(({ name }) => name.slice(0, -'.weight'.length));
  const layer = layerOf(names, asked, names[0]);
  const { shape, read } = kernels[names.indexOf(layer)]!;
  return { drawn: kernelPicture({ data: read(), shape }), words: `Kernels of ${layer}, ${shape.join('x')}` };
}

/** Layers whose output has pixels. */
function pictured(net: Network): string[] {
  return [...net.blueprint.predict.plan.outputs].filter(([name, { shape }]) => name !== '' && shape.length === 3 && shape[1]! * shape[2]! > 1).map(([name]) => name);
}

async function drawMaps(asked: Asked, { pixels }: Input): Promise<Drawn> {
  const net = await network(asked);
  const names = pictured(net);
  const layer = layerOf(names, asked, names[0]);
  const { data, shape } = (await net.predict(pixels, { outputs: [layer] })).get(layer)!;
  return { drawn: featureMapPicture({ data, shape: shape.slice(1) }), words: `Feature maps of ${layer}, ${shape.slice(1).join('x')}` };
}

async function drawActivation(asked: Asked, { pixels }: Input): Promise<Drawn> {
  const { model, className, weights: { classes, preprocessing: { mean, deviation } } } = asked;
  const label = className === undefined ? undefined : classes.indexOf(className);
  if (label === -1) throw new UsageError(`--class ${className}: no such class${suggestion(className!, classes)}`);
  const names = pictured(await network(asked));
  const layer = layerOf(names, asked, names.at(-1));
  const { map, label: seen } = gradCam(await network(asked, layer), { data: pixels, shape: model.input }, { layer, ...(label !== undefined && { label }) });
  const plane = elements(model.input.slice(1));
  const shown = mean && deviation ? pixels.map((value, i) => value * deviation[Math.floor(i / plane)]! + mean[Math.floor(i / plane)]!) : pixels;
  const scale = Math.max(1, Math.round(224 / model.input[1]!));
  return { drawn: heatPicture(map, { data: shown, shape: model.input }, { scale }), words: `Where ${classes[seen]} is seen, by ${layer}` };
}
