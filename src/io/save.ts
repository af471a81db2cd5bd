import { node } from '../data/files.js';

interface FileHandle {
  writeFile(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Replaces `file` by `bytes` or leaves it as it was, whenever the process dies: written beside it, flushed, renamed over it,
 * and the folder flushed so that the new name lasts. What is not a regular file (/dev/null, a pipe) is written to as it is.
 */
export async function save(file: string, bytes: Uint8Array): Promise<void> {
  const { lstatSync, promises, realpathSync } = node('node:fs');
  try {
    const found = lstatSync(file, { throwIfNoEntry: false });
    const target = found?.isSymbolicLink() ? realpathSync(file) : file;
    const special = lstatSync(target, { throwIfNoEntry: false })?.isFile() === false;
    if (special) await promises.writeFile(target, bytes);
    else await replace(target, bytes);
  } catch (error) {
    throw new Error(`${file}: cannot be written (${error instanceof Error ? error.message : String(error)}); what was there before is unchanged`, { cause: error });
  }
}

async function replace(target: string, bytes: Uint8Array): Promise<void> {
  const { dirname, basename, join } = node('node:path');
  const { open, rename, rm } = node('node:fs').promises;
  const dir = dirname(target);
  const beside = join(dir, `.${basename(target)}.${globalThis.crypto.randomUUID()}`);
  try {
    await using(await open(beside, 'wx'), async (handle) => {
      await handle.writeFile(bytes);
      await handle.sync();
    });
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  await flushFolder(dir);
}

async function using(handle: FileHandle, work: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    await work(handle);
  } finally {
    await handle.close();
  }
}

/** Windows cannot open a folder and needs no flush of it. */
async function flushFolder(dir: string): Promise<void> {
  if (node('node:path').sep === '\\') return;
  await using(await node('node:fs').promises.open(dir, 'r'), (handle) => handle.sync());
}
