import type { RunOptions } from './address.js';
import type { Snapshot } from './history.js';

// What outlives the page: one checkpoint and one set of saved weights, in IndexedDB.

export interface SavedRun {
  readonly run: RunOptions;
  readonly step: number;
  readonly checkpoint: Uint8Array;
  readonly history: Snapshot;
}

const NAME = 'convasm';
const TABLE = 'kept';
type Kept = 'run' | 'weights';

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(TABLE);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error ?? new Error('IndexedDB'));
  });
}

async function use<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(TABLE, mode);
      const request = act(transaction.objectStore(TABLE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error ?? new Error('IndexedDB'));
    });
  } finally {
    database.close();
  }
}

export const keep = (name: Kept, value: unknown): Promise<unknown> => use('readwrite', (store) => store.put(value, name));
export const forget = (name: Kept): Promise<unknown> => use('readwrite', (store) => store.delete(name));
export const kept = <T>(name: Kept): Promise<T | undefined> => use('readonly', (store) => store.get(name) as IDBRequest<T | undefined>);
