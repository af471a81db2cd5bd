export { classActivation, heatPicture } from './cam.js';
export { gradCam, type Explainable, type GradCamResult } from './gradcam.js';
export { curve, type Series } from './curve.js';
export { featureMapPicture, kernelPicture, type PictureOptions } from './kernels.js';
export type { Picture } from './picture.js';
