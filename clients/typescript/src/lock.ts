import type { TokenStorage } from "./storage.js";

/** Runs work while neither another tab of this origin nor this one runs work under the same name. */
export type Lock = <T>(work: () => Promise<T>) => Promise<T>;

/** How long a tab may hold the lock in a browser without Web Locks: longer than any work takes. */
const LEASE = 45_000;

/** What one tab writes to `localStorage` reaches the others a moment later: the lock is held that much longer. */
const SPREAD = 100;

export const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** `shared` is the storage that other tabs see, where there is one. */
export function createLock(name: string, shared: TokenStorage | undefined): Lock {
  const locks = shared && globalThis.navigator?.locks;
  if (locks) {
    return (work) =>
      new Promise((resolve, reject) => {
        const hold = async () => {
          await work().then(resolve, reject);
          await sleep(SPREAD);
        };
        locks.request(name, hold).catch(reject);
      });
  }
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(() => (shared ? withLease(name, shared, work) : work()));
    last = result.catch(() => {});
    return result;
  };
}

// Pages served over plain http have no Web Locks, except on localhost. The last tab to write its name holds the lock.
async function withLease<T>(name: string, storage: TokenStorage, work: () => Promise<T>): Promise<T> {
  const own = Math.random().toString(36);
  const holder = () => storage.getItem(name) ?? "";
  for (;;) {
    const left = Number(holder().split(" ")[1] ?? 0) - Date.now();
    // A lease longer than the maximum was written before the clock was set back.
    if (left <= 0 || left > LEASE) {
      storage.setItem(name, `${own} ${Date.now() + LEASE}`);
      await sleep(40);
      if (holder().startsWith(own)) break;
    } else {
      await sleep(50);
    }
  }
  try {
    return await work();
  } finally {
    if (holder().startsWith(own)) storage.removeItem(name);
  }
}
