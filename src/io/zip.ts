import { FormatError } from '../core/errors.js';
import { quote } from './headerreader.js';

/** One file of an archive: a view of its bytes, and where in the archive they begin. */
export interface ZipEntry {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

const END = 0x06054b50;
const DIRECTORY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const DIRECTORY_BYTES = 46;
const LOCAL_BYTES = 30;
/** A comment of at most 65535 bytes may follow the end record. */
const MAX_COMMENT = 0xffff;
const ZIP64 = 0xffffffff;

/**
 * The files of a zip archive whose entries are stored, not compressed, as PyTorch writes them. Nothing is copied or allocated by what
 * the archive promises. Checksums are not compared: PyTorch may leave them out.
 * Throws FormatError naming `file` and offset on a truncated or corrupt archive, on compression, encryption and zip64.
 * Format: APPNOTE.TXT 6.3.10 (PKWARE).
 */
export function readZip(bytes: Uint8Array, file: string): Map<string, ZipEntry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fail = (offset: number, problem: string): never => {
    throw new FormatError(`${file}: offset ${offset}: ${problem}`);
  };
  const end = endRecord(view);
  if (end < 0) return fail(bytes.length, 'the file ends without a zip directory, expected one. Likely cut short: fetch it again.');
  const [count, size, start] = [view.getUint16(end + 10, true), view.getUint32(end + 12, true), view.getUint32(end + 16, true)];
  if (count === 0xffff || size === ZIP64 || start === ZIP64) fail(end, 'a zip64 archive, which is not read: expected less than 4 GiB and 65535 entries');
  if (start + size > end) fail(end, `the directory is said to lie at ${start} to ${start + size}, expected before ${end}`);
  const entries = new Map<string, ZipEntry>();
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + DIRECTORY_BYTES > end || view.getUint32(at, true) !== DIRECTORY) fail(at, `entry ${i + 1} of ${count} is not there, expected a directory entry`);
    const nameBytes = view.getUint16(at + 28, true);
    const next = at + DIRECTORY_BYTES + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (next > end) fail(at, `entry ${i + 1} of ${count} runs past the directory`);
    const name = new TextDecoder().decode(bytes.subarray(at + DIRECTORY_BYTES, at + DIRECTORY_BYTES + nameBytes));
    if (entries.has(name)) fail(at, `${quote(name)} comes twice, expected every name once`);
    entries.set(name, entryAt(view, at, start, (problem) => fail(at, `${quote(name)} ${problem}`)));
    at = next;
  }
  return entries;
}

/** Where the end record begins, -1 where there is none: the last signature whose comment ends with the file. */
function endRecord(view: DataView): number {
  for (let at = view.byteLength - END_BYTES; at >= Math.max(0, view.byteLength - END_BYTES - MAX_COMMENT); at--) {
    if (view.getUint32(at, true) === END && at + END_BYTES + view.getUint16(at + 20, true) === view.byteLength) return at;
  }
  return -1;
}

function entryAt(view: DataView, at: number, limit: number, fail: (problem: string) => never): ZipEntry {
  const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
  const [packed, size, local] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true), view.getUint32(at + 42, true)];
  if (flags & 1) fail('is encrypted, which is not read');
  if (method !== 0 || packed !== size) fail(`is compressed (method ${method}), expected stored bytes as torch.save writes them`);
  if (size === ZIP64 || local === ZIP64) fail('is a zip64 entry, which is not read');
  if (local + LOCAL_BYTES > limit || view.getUint32(local, true) !== LOCAL) fail(`is said to lie at ${local}, expected a local header there`);
  const offset = local + LOCAL_BYTES + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  if (offset + size > limit) fail(`is said to take bytes ${offset} to ${offset + size}, expected an end of at most ${limit}`);
  return { offset, bytes: new Uint8Array(view.buffer, view.byteOffset + offset, size) };
}
