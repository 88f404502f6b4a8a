/** Keeps the state of a session between page loads; a subset of `localStorage`. */
export interface TokenStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** Returns a storage that lasts until the page is closed or reloaded. */
export function memoryStorage(): TokenStorage {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}

/** Wraps a storage that may be full or blocked. What it refuses to store is kept in memory. */
export function lenientStorage(storage: TokenStorage): TokenStorage {
  const refused = memoryStorage();
  return {
    getItem(key) {
      try {
        return refused.getItem(key) ?? storage.getItem(key);
      } catch {
        return null;
      }
    },
    setItem(key, value) {
      refused.removeItem(key);
      try {
        storage.setItem(key, value);
      } catch {
        refused.setItem(key, value);
      }
    },
    removeItem(key) {
      refused.removeItem(key);
      try {
        storage.removeItem(key);
      } catch {}
    },
  };
}

/** Returns the storage that all tabs of this origin share, unless there is no page or the browser blocks it. */
export function pageStorage(): TokenStorage | undefined {
  // Some server runtimes have a localStorage too. All of their users would share it.
  if (typeof document === "undefined") return undefined;
  try {
    const key = "auth:probe";
    localStorage.setItem(key, key);
    localStorage.removeItem(key);
    return localStorage;
  } catch {
    return undefined;
  }
}
