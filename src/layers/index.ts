export type { Layer, Pair } from './layer.js';
export { Conv2d, type Conv2dOptions, type Padding } from './conv2d.js';
export { Linear, type LinearOptions } from './linear.js';
export { AvgPool2d, MaxPool2d, type AvgPool2dOptions, type MaxPool2dOptions, type Pool2dOptions } from './pool2d.js';
export { LogSoftmax, ReLU, Sigmoid, Softmax, Tanh } from './activation.js';
export { Flatten } from './flatten.js';
export { ScaleShift2d } from './scaleshift2d.js';
export { Sequential } from './sequential.js';
export { FixedFilter2d, type FixedFilter2dOptions } from './fixedfilter2d.js';
