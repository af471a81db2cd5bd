/** An option of a command; `value` names what follows it, null for a switch. */
export interface OptionSpec {
  readonly name: string;
  readonly value: string | null;
  readonly help: string;
}

/** What a command was called with, options as the user typed them. */
export interface Call {
  readonly args: readonly string[];
  readonly options: ReadonlyMap<string, string>;
}

export interface CommandSpec {
  readonly name: string;
  /** Positional arguments in cac's notation. */
  readonly args: string;
  readonly help: string;
  readonly options: readonly OptionSpec[];
  /** Loads the command's code, and nothing of the others. */
  load(): Promise<(call: Call) => Promise<void>>;
}

const option = (name: string, value: string | null, help: string): OptionSpec => ({ name, value, help });

const MODEL = option('model', 'NAME', 'lenet5, lenet5_modern, resnet18 and so on; an unknown name lists them all');
const WEIGHTS = option('weights', 'FILE', 'Weights, safetensors or a .pth of PyTorch');
const DATA = option('data', 'DIR', 'IDX, digits CSV or CIFAR-10 files, gzip or not, or a folder of PNG or JPEG images per class; without it: drawn digits or shapes');
const HOLDOUT = option('holdout', 'N', 'Images to test on where DIR has no test half');
const SEED = option('seed', 'N', 'Seed of weights, order, drawn digits and held-out images (default 1)');
const WORKERS = option('workers', 'N', 'Threads (default 1)');
const AS_JSON = option('json', null, 'Last line of output is one JSON object; progress goes to stderr');

const TRAINING = [
  option('epochs', 'N', 'Times through the images, in all (default 5)'),
  option('batch-size', 'N', 'Images per step (default 32)'),
  option('lr', 'X', 'Learning rate (default 0.05)'),
  SEED,
  WORKERS,
  option('out', 'FILE', 'Where the weights go (default MODEL.safetensors)'),
];

/** Options that every command takes. */
export const GLOBAL = [option('debug', null, 'Show the stack of an error')] as const;

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'start',
    args: '',
    help: 'Train LeNet-5 on drawn digits, at a rate that falls to 0, and show what it learned',
    options: [...TRAINING, AS_JSON],
    load: async () => (await import('./start.js')).start,
  },
  {
    name: 'train',
    args: '',
    help: 'Train a network and save its weights',
    options: [
      MODEL,
      DATA,
      HOLDOUT,
      ...TRAINING,
      option('checkpoint', 'FILE', 'Save everything after every epoch and at Ctrl-C (default at Ctrl-C: MODEL.ckpt)'),
      option('resume', 'FILE', 'Go on from a checkpoint, to the same bits as an unbroken run'),
      option('curve', 'FILE', 'Draw loss and accuracy over the epochs as an SVG picture'),
      AS_JSON,
    ],
    load: async () => (await import('./train.js')).train,
  },
  {
    name: 'eval',
    args: '',
    help: 'Measure saved weights: loss, accuracy, top-5, confusion',
    options: [MODEL, WEIGHTS, DATA, HOLDOUT, SEED, WORKERS, AS_JSON],
    load: async () => (await import('./eval.js')).evaluate,
  },
  {
    name: 'predict',
    args: '<...IMAGE>',
    help: 'Say what PNG or JPEG images show',
    options: [MODEL, WEIGHTS, AS_JSON],
    load: async () => (await import('./predict.js')).predict,
  },
  {
    name: 'picture',
    args: '<KIND> [IMAGE]',
    help: 'Draw kernels, the feature maps of an image, or where in it the class is seen (cam), as PNG',
    options: [
      MODEL,
      WEIGHTS,
      option('layer', 'NAME', 'Layer to draw (default: the first for kernels and maps, the last with pixels for cam)'),
      option('class', 'NAME', 'Class to look for with cam (default: the likeliest)'),
      option('out', 'FILE', 'Where the picture goes (default KIND.png)'),
    ],
    load: async () => (await import('./picture.js')).picture,
  },
  {
    name: 'summary',
    args: '<NAME>',
    help: 'Layers, shapes, parameters, work and memory of a network',
    options: [
      option('input', 'C,H,W', 'Shape of one image'),
      option('depth', 'N', 'Levels of nested layers to show'),
      option('compare', null, 'Parameters beside those of locally and fully connected layers of the same shapes'),
      AS_JSON,
    ],
    load: async () => (await import('./summary.js')).summary,
  },
];
