import { identity } from './identity.js';

/** What a runtime can be asked to run, by name: bundles for the edge start here too. */
export const programs = { identity };
