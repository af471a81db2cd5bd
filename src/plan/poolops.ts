import * as abi from '../../assembly/abi.js';

const pool2d = {
  c: 'i32', hi: 'i32', wi: 'i32', ho: 'i32', wo: 'i32',
  kh: 'i32', kw: 'i32', strideH: 'i32', strideW: 'i32', padTop: 'i32', padLeft: 'i32',
  dilationH: 'i32', dilationW: 'i32', adaptive: 'i32',
} as const;

const avgPool2d = { ...pool2d, padBottom: 'i32', padRight: 'i32', countIncludePad: 'i32', divisor: 'i32' } as const;

const upsample2d = { c: 'i32', hi: 'i32', wi: 'i32', ho: 'i32', wo: 'i32' } as const;

/** Records of pooling and upsampling, as ops.ts has them. */
export const POOL_OPS = {
  maxPool2dForward: { code: abi.OP_MAX_POOL2D_FORWARD, fields: { ...pool2d, x: 'read', y: 'write', argmax: 'write', yRow: 'i32', yFrom: 'i32' } },
  maxPool2dBackward: { code: abi.OP_MAX_POOL2D_BACKWARD, fields: { ...pool2d, dy: 'read', argmax: 'read', dx: 'write', accumulate: 'i32' } },
  maxUnpool2dForward: {
    code: abi.OP_MAX_UNPOOL2D_FORWARD,
    fields: { x: 'read', argmax: 'read', y: 'write', pixels: 'i32', places: 'i32', c: 'i32' },
  },
  maxUnpool2dBackward: {
    code: abi.OP_MAX_UNPOOL2D_BACKWARD,
    fields: { dy: 'read', argmax: 'read', dx: 'write', pixels: 'i32', places: 'i32', c: 'i32', accumulate: 'i32' },
  },
  avgPool2dForward: { code: abi.OP_AVG_POOL2D_FORWARD, fields: { ...avgPool2d, x: 'read', y: 'write', yRow: 'i32', yFrom: 'i32' } },
  avgPool2dBackward: { code: abi.OP_AVG_POOL2D_BACKWARD, fields: { ...avgPool2d, dy: 'read', dx: 'write', accumulate: 'i32' } },
  upsample2dForward: {
    code: abi.OP_UPSAMPLE2D_FORWARD,
    fields: { ...upsample2d, rows: 'read', columns: 'read', x: 'read', y: 'write', bilinear: 'i32' },
  },
  upsample2dBackward: {
    code: abi.OP_UPSAMPLE2D_BACKWARD,
    fields: { ...upsample2d, rowWindows: 'read', columnWindows: 'read', rowWeights: 'read', columnWeights: 'read', dy: 'read', dx: 'write', accumulate: 'i32' },
  },
} as const;
