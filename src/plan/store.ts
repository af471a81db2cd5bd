import type { Init } from '../core/init.js';
import { elements, type Shape } from '../core/shape.js';
import { type Layout, intoLayout, layoutWords } from './layout.js';
import { Buffer, type Parameter, type RunningBuffer } from './tensor.js';

/** A constant and the numbers it holds, as they lie in the arena. */
export interface Constant {
  readonly buffer: Buffer;
  readonly values: Float32Array;
}

/** What lasts as long as the network: one store serves its training and its predicting plan. */
export class ParameterStore {
  readonly parameters = new Map<string, Parameter>();
  readonly gradients = new Map<Parameter, Buffer>();
  /** Optimiser state by parameter and by name, as `momentum_buffer`. */
  readonly state = new Map<Parameter, Map<string, Buffer>>();
  readonly constants = new Map<string, Constant>();
  /** Running statistics and counters, by name. */
  readonly running = new Map<string, RunningBuffer>();
  /** Parameters and running buffers in the order of their layers: the state_dict's. */
  readonly saved: (Parameter | RunningBuffer)[] = [];
  /** How the names begin of what only the training program has: a file may hold them. */
  readonly spare: string[] = [];
  /** Whether training leaves what has this name as it is. */
  readonly isFrozen: (name: string) => boolean;

  /** @param frozen names of the parameters that training leaves as they are */
  constructor(frozen: (name: string) => boolean = () => false) {
    this.isFrozen = frozen;
  }

  /** The parameter `name`, made at the first call. */
  parameter(name: string, shape: Shape, layout: Layout, init: Init, count: number, words: number): Parameter {
    const present = this.parameters.get(name);
    if (present) return present;
    const made: Parameter = { name, shape, layout, init, buffer: new Buffer(name, 'parameter', words), trainable: !this.isFrozen(name), count };
    this.parameters.set(name, made);
    this.saved.push(made);
    return made;
  }

  /** The running buffer `name`, made at the first call. */
  runningBuffer(name: string, shape: Shape, dtype: RunningBuffer['dtype'], start: number): RunningBuffer {
    const present = this.running.get(name);
    if (present) return present;
    const made: RunningBuffer = { name, shape, dtype, start, buffer: new Buffer(name, 'state', elements(shape) * (dtype === 'i64' ? 2 : 1)) };
    this.running.set(name, made);
    this.saved.push(made);
    return made;
  }

  gradient(parameter: Parameter): Buffer {
    const present = this.gradients.get(parameter);
    if (present) return present;
    const made = new Buffer(`d ${parameter.name}`, 'gradient', parameter.buffer.words);
    this.gradients.set(parameter, made);
    return made;
  }

  stateOf(parameter: Parameter, name: string): Buffer {
    let states = this.state.get(parameter);
    if (!states) this.state.set(parameter, (states = new Map()));
    let buffer = states.get(name);
    if (!buffer) states.set(name, (buffer = new Buffer(`${parameter.name}.${name}`, 'state', parameter.buffer.words)));
    return buffer;
  }

  constant(name: string, values: Float32Array, layout: Layout, shape: Shape): Buffer {
    const present = this.constants.get(name);
    if (present) return present.buffer;
    const lying = new Float32Array(layoutWords(layout, shape));
    intoLayout(layout, shape, values, lying);
    const buffer = new Buffer(name, 'constant', lying.length);
    this.constants.set(name, { buffer, values: lying });
    return buffer;
  }

  /** Every buffer, parameters first. */
  buffers(): Buffer[] {
    return [
      ...[...this.parameters.values()].map((parameter) => parameter.buffer),
      ...[...this.running.values()].map(({ buffer }) => buffer),
      ...[...this.constants.values()].map((constant) => constant.buffer),
      ...this.gradients.values(),
      ...[...this.state.values()].flatMap((states) => [...states.values()]),
    ];
  }
}
