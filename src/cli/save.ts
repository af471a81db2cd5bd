import { randomUUID } from 'node:crypto';
import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { open, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

/**
 * Replaces `file` by `bytes` or leaves it as it was, whenever the process dies: written beside it, flushed, renamed over it,
 * and the folder flushed so that the new name lasts. What is not a regular file (/dev/null, a pipe) is written to as it is.
 */
export async function save(file: string, bytes: Uint8Array): Promise<void> {
  try {
    const found = lstatSync(file, { throwIfNoEntry: false });
    const target = found?.isSymbolicLink() ? realpathSync(file) : file;
    if (isSpecial(lstatSync(target, { throwIfNoEntry: false }))) await writeFile(target, bytes);
    else await replace(target, bytes);
  } catch (error) {
    throw new Error(`${file}: cannot be written (${error instanceof Error ? error.message : String(error)}); what was there before is unchanged`, { cause: error });
  }
}

function isSpecial(found: Stats | undefined): boolean {
  return found !== undefined && !found.isFile();
}

async function replace(target: string, bytes: Uint8Array): Promise<void> {
  const dir = path.dirname(target);
  const beside = path.join(dir, `.${path.basename(target)}.${randomUUID()}`);
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
  if (process.platform === 'win32') return;
  await using(await open(dir, 'r'), (handle) => handle.sync());
}
