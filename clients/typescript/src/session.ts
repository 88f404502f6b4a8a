import type { AuthError, User } from "./api.js";
import { failure, type Raw } from "./http.js";
import { createLock, sleep } from "./lock.js";
import { lenientStorage, memoryStorage, pageStorage, type TokenStorage } from "./storage.js";

/** A sign-in, a changed profile, or the end of the session. */
export type SessionChange =
  { user: User; reason: "signed_in" | "updated" } | { user: null; reason: "signed_out" | "expired" };

/** The stored state of a session. With cookies it holds no tokens, only when the access token expires. */
export interface Kept {
  /** Changes with each login and each refresh. */
  id: string;
  /** When the access token expires, and how much earlier it is replaced, in milliseconds of this machine's clock. */
  expires: number;
  margin: number;
  access?: string | undefined;
  refresh?: string | undefined;
  /** When a refresh was sent whose response has not arrived, and may never arrive. */
  sent?: number | undefined;
  /** Until when such a request may still reach the service. The next refresh waits until then. */
  settled?: number | undefined;
}

export interface Tokens {
  expiresIn: number;
  accessToken?: string;
  refreshToken?: string;
}

export interface SessionOptions {
  key: string;
  cookies: boolean;
  storage: TokenStorage | "memory" | undefined;
  /** Sends `POST /auth/refresh`. */
  exchange: (token: string | undefined) => Promise<Raw>;
  /** Fetches the profile, when another tab reports a change. */
  lookUp: () => Promise<unknown>;
}

/** How much earlier than it expires a token is replaced: the clock of a service may be ahead. */
const MARGIN = 60_000;
/** `AUTH_RETRY_WINDOW`: how much later a request without a response may still arrive. */
const WINDOW = 10_000;
const ATTEMPTS = 3;

export const isFresh = (kept: Kept) => kept.expires - Date.now() > kept.margin;

/**
 * Whether a refresh failed because there is no session, by the codes of the service: a proxy or a gateway in front of
 * it may respond with 401 too.
 */
export const isOver = ({ code, status }: AuthError) =>
  status === 401 && (code.startsWith("REFRESH_TOKEN_") || code === "TOKEN_REQUIRED");

/** Returns the session of an access token, if it is a JWT. */
function sessionOf(access: string | undefined): unknown {
  try {
    return JSON.parse(atob(access!.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/"))).sid;
  } catch {
    return undefined;
  }
}

/** Keeps the tokens of one session and replaces them, for all tabs. */
export function createSession({ key, cookies, storage, exchange, lookUp }: SessionOptions) {
  const found = storage === "memory" ? undefined : (storage ?? pageStorage());
  const shared = found && lenientStorage(found);
  const store = shared ?? memoryStorage();
  const exclusive = createLock(`${key}:lock`, shared);
  const channel = shared && globalThis.BroadcastChannel && new BroadcastChannel(key);
  const listeners = new Set<(change: SessionChange) => void>();
  let user: User | null | undefined;
  let endings = 0;
  let flight: Promise<Raw> | undefined;

  const read = (): Kept | undefined => {
    try {
      return JSON.parse(store.getItem(key) ?? "") as Kept;
    } catch {
      return undefined;
    }
  };
  const write = (kept: Kept) => store.setItem(key, JSON.stringify(kept));

  const emit = (change: SessionChange) => {
    user = change.user;
    if (!user) endings += 1;
    for (const listener of listeners) {
      try {
        listener(change);
      } catch (error) {
        console.error(error);
      }
    }
  };

  /** Stores the tokens of a response. */
  const save = (tokens: Tokens, sentAt: number, settled?: number) => {
    const life = tokens.expiresIn * 1000;
    write({
      id: Math.random().toString(36).slice(2),
      // Counted from when the request was sent, so never later than the service counts.
      expires: sentAt + life,
      margin: Math.min(MARGIN, life / 3),
      access: tokens.accessToken,
      refresh: tokens.refreshToken ?? read()?.refresh,
      settled,
    });
  };

  /** Records who is signed in. Listeners are notified of a change; with `tell`, the other tabs are too. */
  const identify = (found: User, tell: boolean) => {
    if (JSON.stringify(found) === JSON.stringify(user)) return;
    emit({ user: found, reason: user?.id === found.id ? "updated" : "signed_in" });
    if (tell) channel?.postMessage({ id: read()?.id });
  };

  const end = (reason: "signed_out" | "expired") => {
    store.removeItem(key);
    channel?.postMessage({ reason });
    if (user !== null) emit({ user: null, reason });
  };

  async function replace(stale: Kept | undefined): Promise<Raw> {
    const kept = read();
    if (!kept && !cookies) return signedOut();
    // Another tab has refreshed already.
    if (kept && kept.id !== stale?.id && isFresh(kept)) return { ok: true, code: "", data: {} };
    if (kept?.settled) await sleep(Math.min(kept.settled - Date.now(), WINDOW));
    const note = (sent: number | undefined) => {
      if (kept && read()?.id === kept.id) write({ ...kept, sent });
    };
    let lost = kept?.sent;
    for (let attempt = 1; ; attempt++) {
      // This tab was asleep, and another one has refreshed.
      if (read()?.id !== kept?.id) return replace(stale);
      const sent = Date.now();
      note(sent);
      const answer = await exchange(kept?.refresh);
      if (answer.ok) {
        save(answer.data.tokens, sent, lost && lost + WINDOW);
        return answer;
      }
      const { code, status } = answer.error;
      if (isOver(answer.error) && (cookies || code !== "TOKEN_REQUIRED")) {
        const now = read();
        if (now?.id === kept?.id) end(kept || user ? "expired" : "signed_out");
        // Another tab has refreshed or logged in meanwhile.
        else if (now) return replace(stale);
      } else if (status) note(lost);
      if (code !== "NETWORK_ERROR" || attempt === ATTEMPTS) return answer;
      lost = sent;
      await sleep(500 * attempt);
    }
  }

  /** Replaces these tokens, unless another tab has done so. All tabs together send one request at a time. */
  const refresh = (stale: Kept | undefined) =>
    (flight ??= exclusive(() => replace(stale)).finally(() => {
      flight = undefined;
    }));

  channel?.addEventListener(
    "message",
    async ({ data }: MessageEvent<{ id?: string; reason?: "signed_out" | "expired" }>) => {
      const { id, reason } = data;
      // The message may arrive before what the other tab wrote to the storage.
      for (let tries = 0; tries < 100 && read()?.id !== id; tries++) await sleep(50);
      // A tab that was asleep learns late that a session has ended, when there may be another one.
      if (!reason || read()) {
        if (listeners.size) await lookUp();
      } else if (user !== null) emit({ user: null, reason });
    },
  );

  return {
    read,
    save,
    /** Whether the tokens of a reauthentication belong to the session that is stored. */
    matches(tokens: Tokens) {
      const kept = read();
      return !!kept && sessionOf(kept.access) === sessionOf(tokens.accessToken);
    },
    identify,
    end,
    /** Counts the ends of sessions, to recognize a response from before one. */
    endings: () => endings,
    refresh,
    exclusive,
    listen(listener: (change: SessionChange) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    /** The `state` parameter, while the user is at a provider. */
    state: {
      get: () => store.getItem(`${key}:state`),
      set: (state: string) => store.setItem(`${key}:state`, state),
    },
    close: () => channel?.close(),
  };
}

export const signedOut = () => failure("TOKEN_REQUIRED", 401, "No session is stored, or it has ended.", "Sign in to continue.");
