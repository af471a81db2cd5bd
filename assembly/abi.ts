// The numbers that both sides of the boundary share: op codes, control-block offsets, panel width. Compiled by asc and by tsc.

// Op codes: `run` switches on them, src/plan/ops.ts gives each its record.
export const OP_GEMM = 1;
export const OP_PACK_PANELS = 2;
export const OP_LINEAR_FORWARD = 3;
export const OP_LINEAR_BACKWARD_INPUT = 4;
export const OP_LINEAR_BACKWARD_WEIGHT = 5;
export const OP_CONV2D_FORWARD = 6;
export const OP_CONV2D_ROTATE_WEIGHT = 7;
export const OP_CONV2D_BACKWARD_INPUT = 8;
export const OP_CONV2D_BACKWARD_WEIGHT = 9;
export const OP_DEPTHWISE2D_FORWARD = 10;
export const OP_DEPTHWISE2D_BACKWARD_INPUT = 11;
export const OP_DEPTHWISE2D_BACKWARD_WEIGHT = 12;
export const OP_BIAS_BACKWARD = 13;
export const OP_MAX_POOL2D_FORWARD = 14;
export const OP_MAX_POOL2D_BACKWARD = 15;
export const OP_AVG_POOL2D_FORWARD = 16;
export const OP_AVG_POOL2D_BACKWARD = 17;
export const OP_ACTIVATION_FORWARD = 18;
export const OP_ACTIVATION_BACKWARD = 19;
export const OP_SOFTMAX_FORWARD = 20;
export const OP_SOFTMAX_BACKWARD = 21;
export const OP_CROSS_ENTROPY_FORWARD = 22;
export const OP_CROSS_ENTROPY_REDUCE = 23;
export const OP_CROSS_ENTROPY_BACKWARD = 24;
export const OP_GUARD_FINITE = 25;
export const OP_SGD = 26;
export const OP_AXPBY = 27;
export const OP_SUM_TO = 28;
export const OP_TRANSPOSE = 29;
export const OP_MULTIPLY = 30;
export const OP_CHANNEL_AFFINE_FORWARD = 31;
export const OP_CHANNEL_AFFINE_BACKWARD_INPUT = 32;
export const OP_CHANNEL_AFFINE_BACKWARD_WEIGHT = 33;
export const OP_PRELU_FORWARD = 40;
export const OP_PRELU_BACKWARD_INPUT = 41;
export const OP_PRELU_BACKWARD_WEIGHT = 42;
export const OP_DROPOUT = 43;
export const OP_DROPOUT2D = 44;
export const OP_PAIR_LOSS_FORWARD = 45;
export const OP_PAIR_LOSS_REDUCE = 46;
export const OP_PAIR_LOSS_BACKWARD = 47;
export const OP_NLL_FORWARD = 48;
export const OP_NLL_BACKWARD = 49;
export const OP_RBF_FORWARD = 50;
export const OP_RBF_BACKWARD_INPUT = 51;
export const OP_RBF_BACKWARD_WEIGHT = 52;
export const OP_RBF_LOSS_FORWARD = 53;
export const OP_RBF_LOSS_BACKWARD = 54;
export const OP_UPSAMPLE2D_FORWARD = 70;
export const OP_UPSAMPLE2D_BACKWARD = 71;
export const OP_MAX_UNPOOL2D_FORWARD = 150;
export const OP_MAX_UNPOOL2D_BACKWARD = 151;
// Optimizers and gradient clipping.
export const OP_ADAM = 80;
export const OP_RMSPROP = 81;
export const OP_ADAGRAD = 82;
export const OP_SQUARE_SUM = 83;
export const OP_GRADIENT_NORM = 84;
export const OP_CLIP_SCALE = 85;
export const OP_CLIP_VALUE = 86;
export const OP_CHANNEL_NORM_STATISTICS = 60;
export const OP_CHANNEL_NORM_TRACK = 61;
export const OP_CHANNEL_NORM_FORWARD = 62;
export const OP_CHANNEL_NORM_BACKWARD_SUMS = 63;
export const OP_CHANNEL_NORM_BACKWARD_INPUT = 64;
export const OP_CHANNEL_NORM_BACKWARD_WEIGHT = 65;
export const OP_LRN_FORWARD = 66;
export const OP_LRN_BACKWARD = 67;
export const OP_ROW_NORM_FORWARD = 68;
export const OP_ROW_NORM_BACKWARD = 69;
// Branches.
export const OP_ADD = 100;
export const OP_COPY_COLUMNS = 101;
// Winograd's transforms.
export const OP_WINOGRAD_WEIGHTS = 110;
export const OP_WINOGRAD_FORWARD = 111;
export const OP_WINOGRAD_BACKWARD_WEIGHT = 112;

// Control block: byte offsets of what changes between runs.
/** u32: address of the table of step addresses. */
export const CONTROL_STEPS = 0;
/** i32: images in this run, 1..batchSize. */
export const CONTROL_LIVE = 4;
/** f32: learning rate. */
export const CONTROL_RATE = 8;
/** i32: updates done before this run. */
export const CONTROL_UPDATES = 12;
/** i32: 1 when a parameter's gradient adds to what an earlier backward left. */
export const CONTROL_ACCUMULATE = 16;
/** Two u32, the low one first: the network's seed, the key of every random number drawn in a step. */
export const CONTROL_SEED = 48;
/** i32: barriers passed; a waiter waits for it to change. On a line with STATUS, because they are read together. */
export const CONTROL_EPOCH = 64;
/** i32: 0, or 1 + the worker that failed. */
export const CONTROL_STATUS = 68;
/** i32: workers that reached the barrier. */
export const CONTROL_ARRIVED = 128;
/** i32: workers that sleep in JavaScript. */
export const CONTROL_SLEEPERS = 192;
/** i32: runs started; -1 ends the crew. FIRST and LAST are the steps to run. */
export const CONTROL_JOB = 256;
export const CONTROL_FIRST = 260;
export const CONTROL_LAST = 264;
/** i32: runs that workers other than 0 have left, all together. */
export const CONTROL_FINISHED = 268;
/** i32: looks at EPOCH before a worker returns to JavaScript to sleep. */
export const CONTROL_SPINS = 320;
/** A line per worker: the step that it is in (names the layer on a trap), and the EPOCH that it saw before its last barrier. */
export const CONTROL_WORKERS = 384;
export const WORKER_SEEN = 4;
export const WORKER_LINE = 64;
export const MAX_WORKERS = 64;
export const CONTROL_BYTES = 4480;

// What `run` returns.
export const RUN_DONE = -1;
/** A guard found a value that is not finite; the steps after it did not run. */
export const RUN_NOT_FINITE = -2;
/** Another worker failed. */
export const RUN_ABORTED = -3;

/** Columns of a weight panel: two vectors. */
export const PANEL = 8;
/** Rows of a register tile. */
export const TILE_ROWS = 4;
/** Bytes of a worker's private scratch before its tables: the product record and a spilled tile. */
export const PRODUCT_BYTES = 256;
/** Rows in a worker's row table: the block of A that stays in cache while the panels of B pass. */
export const ROW_BLOCK = 64;
/** Bytes of one row-table entry: the addresses of the row in A and in C. */
export const ROW_ENTRY = 8;
/** Terms of a product that are added up in registers before they are added to C. */
export const TERM_BLOCK = 384;
/** Elements of a gradient whose squares make one partial sum of its norm. */
export const NORM_CHUNK = 4096;

// `accumulate` of a step that writes a gradient.
export const STORE = 0;
export const ADD = 1;
/** As CONTROL_ACCUMULATE says: the first writer of a parameter's gradient. */
export const ADD_IF_ACCUMULATING = 2;

// `kind` of the activation steps.
export const RELU = 0;
export const TANH = 1;
export const SIGMOID = 2;
export const LEAKY_RELU = 3;
export const ELU = 4;
export const HARDTANH = 5;
export const SOFTPLUS = 6;
export const SILU = 7;
export const GELU = 8;
export const GELU_TANH = 9;
export const HARDSIGMOID = 10;
export const HARDSWISH = 11;
export const SOFTSIGN = 12;
export const MISH = 13;

// `reduction` of the losses' steps.
export const REDUCE_NONE = 0;
export const REDUCE_MEAN = 1;
export const REDUCE_SUM = 2;

// Rows of the statistics that a channel norm leaves: [segments][STATISTIC_ROWS][⌈c/4⌉·4]. With xhat = (x − mean)·rstd + low, where low
// makes up for the rounding of the mean, y = xhat·w + b = (x − mean)·scale + offset. `variance` is the biased one.
export const STATISTIC_MEAN = 0;
export const STATISTIC_RSTD = 1;
export const STATISTIC_LOW = 2;
export const STATISTIC_SCALE = 3;
export const STATISTIC_OFFSET = 4;
export const STATISTIC_VARIANCE = 5;
export const STATISTIC_ROWS = 6;

// Rows of the sums that its backward leaves, [segments][SUM_ROWS][⌈c/4⌉·4]: Σ dy, Σ dy·xhat, and the factors of
// dx = dy·scale + (x − mean)·slope + shift.
export const SUM_DY = 0;
export const SUM_DY_XHAT = 1;
export const SUM_SLOPE = 2;
export const SUM_SHIFT = 3;
export const SUM_ROWS = 4;

/** Bytes of the totals of a vector of channels: two for each, in float64; and of these with the float32 sums that gather before. */
export const CHANNEL_SUM_BYTES = 64;
export const CHANNEL_SCRATCH_BYTES = 96;

// `kind` of the losses that compare outputs with targets one by one.
export const SQUARED_ERROR = 0;
export const ABSOLUTE_ERROR = 1;
export const SMOOTH_L1 = 2;
export const HUBER = 3;
export const BCE_WITH_LOGITS = 4;
/** Elements whose losses are added before they join the total. */
export const PAIR_BLOCK = 1024;

/** Rows that local response normalisation takes at a time. */
export const LRN_ROWS = 8;
