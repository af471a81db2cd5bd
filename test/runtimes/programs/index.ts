import { identity } from './identity.js';
import { away, barriers, endings } from './threads.js';

/** What a runtime can be asked to run, by name: bundles for the edge start here too. */
export const programs = { away, barriers, endings, identity };
