import { read } from './sources.js';

/** The README's page, with the script from `script` instead of the network; its text ends in the promise `globalThis.result`. */
export function quickStartPage(script: string): string {
  const [, block] = /^```html\n([\s\S]*?)^```/m.exec(read('README.md'))!;
  const page = block!.replace('https://cdn.jsdelivr.net/npm/convasm', script);
  const watch = `globalThis.result = new Promise((resolve, reject) => {
    onunhandledrejection = ({ reason }) => reject(reason);
    new MutationObserver(() => document.body.lastChild?.nodeType === 3 && document.body.lastChild.data.includes('0.') && resolve(document.body.lastChild.data)).observe(document, { childList: true, subtree: true });
  });`;
  return `<!doctype html><meta charset="utf-8"><title>quick start</title><script>${watch}</script><body>${page}`;
}
