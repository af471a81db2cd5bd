import { known, whole } from '../core/options.js';

/** What every builder takes. */
export interface ModelOptions {
  /** Classes to tell apart; default 1000. */
  readonly classes?: number;
  /** Channels of the input; default 3. */
  readonly inChannels?: number;
}

/** The options with their defaults. Throws OptionError for a size that is none, and for names that are neither these nor in `more`. */
export function sizesOf(name: string, options: ModelOptions, more: readonly string[] = [], classes = 1000): Required<ModelOptions> {
  known(name, options, ['classes', 'inChannels', ...more]);
  return { classes: whole(name, 'classes', options.classes ?? classes, 1), inChannels: whole(name, 'inChannels', options.inChannels ?? 3, 1) };
}
