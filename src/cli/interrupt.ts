const SHOW_CURSOR = '\u001b[?25h';
/** npm passes on the Ctrl-C that the terminal sent to it and to us: two signals, one press. */
const ONE_PRESS_MS = 300;

/** Aborts `signal` at the first Ctrl-C; the second ends the process at once with status 130. */
export function onInterrupt(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  let first = 0;
  const interrupt = () => {
    if (!controller.signal.aborted) {
      first = performance.now();
      controller.abort();
    } else if (performance.now() - first > ONE_PRESS_MS) {
      if (process.stderr.isTTY) process.stderr.write(`${SHOW_CURSOR}\n`);
      process.exit(130);
    }
  };
  process.on('SIGINT', interrupt);
  return { signal: controller.signal, release: () => void process.off('SIGINT', interrupt) };
}
