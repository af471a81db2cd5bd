// The script tag: everything inside one file, as the global `convasm`; also from file://.
import { useKernels } from '../runtime/builds.js';
import { beside } from '../runtime/platform/beside.js';

// Asked for here: a script knows its own address only while it first runs.
useKernels(beside((globalThis.document?.currentScript as HTMLScriptElement | null | undefined)?.src));

export * from '../index.js';
