import type { Answer, AuthError, BodyOf, CodeOf, MethodOf, Path, Result, User } from "./api.js";
import { type Fetch, failure, type Raw, send } from "./http.js";
import type { PendingStep } from "./outcomes.js";
import { createSession, isFresh, isOver, signedOut, type Tokens } from "./session.js";
import type { TokenStorage } from "./storage.js";

export interface ClientOptions {
  /** The URL of the service with its base path: `https://auth.example.org`, or `/api` on the same origin. */
  baseUrl: string;
  /**
   * How tokens travel. `cookie`: in cookies that no script can read; needs `AUTH_COOKIES=on` and a page on the same
   * site. `bearer`: in the `Authorization` header; scripts of the page can read them in `storage`.
   */
  transport: "bearer" | "cookie";
  /** Where the state is kept: by default in `localStorage`, which tabs share, and in memory outside browsers. */
  storage?: TokenStorage | "memory";
  /** Other origins that `fetch` of the client may send the access token to. */
  services?: string[];
  /** Replaces the global `fetch`. */
  fetch?: Fetch;
}

export interface InternalOptions extends ClientOptions {
  /** Whether the client may refresh. A server that cannot set cookies must not refresh. */
  mayRefresh?: boolean;
  /** The URL of the service for browsers, if it is not `baseUrl`. */
  publicUrl?: string | undefined;
}

interface CallOptions<P extends Path, M extends MethodOf<P>> {
  body?: BodyOf<P, M>;
  /** The actual path, if the documented one has parameters. */
  at?: string;
}

export type Core = ReturnType<typeof createCore>;

/** Creates the functions that send requests, typed by the OpenAPI document. */
export function createCore(options: InternalOptions) {
  const { baseUrl, transport, storage, mayRefresh = true } = options;
  const trim = (url: string) => url.replace(/\/+$/, "");
  const base = trim(baseUrl);
  const publicBase = trim(options.publicUrl ?? baseUrl);
  const cookies = transport === "cookie";
  const fetch: Fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));

  const raw = (method: string, path: string, body?: unknown, token?: string) =>
    send(fetch, method, base + path, { body, token, cookies });

  const session = createSession({
    key: `auth:${base}`,
    cookies,
    storage,
    exchange: (token) =>
      send(fetch, "post", `${base}/auth/refresh`, { body: token && { token }, cookies, deadline: 10_000 }),
    lookUp: () => me(),
  });

  // A browser drops an access cookie that has expired, so the service sees none.
  const isExpired = (code: unknown) => code === "ACCESS_TOKEN_EXPIRED" || (cookies && code === "TOKEN_REQUIRED");

  /** Replaces tokens that expire soon. Returns an error if there are none to go on with. */
  async function prepare(): Promise<Raw | undefined> {
    const kept = session.read();
    if (!kept) return cookies ? undefined : signedOut();
    if (!mayRefresh || isFresh(kept)) return undefined;
    const refreshed = await session.refresh(kept);
    if (refreshed.ok) return undefined;
    if (isOver(refreshed.error)) return signedOut();
    return Date.now() < kept.expires ? undefined : refreshed;
  }

  /** Sends a request that needs an access token, and sends it again if that one had expired. */
  async function authorized(request: (token?: string) => Promise<Raw>): Promise<Raw> {
    const refusal = await prepare();
    if (refusal) return refusal;
    let kept = session.read();
    let answer = await request(kept?.access);
    if (!answer.ok && isExpired(answer.error.code) && mayRefresh) {
      const refreshed = await session.refresh(kept);
      // Unless the refresh was refused the session may be alive, so this is not the end of it.
      if (!refreshed.ok) return isOver(refreshed.error) ? answer : refreshed;
      kept = session.read();
      answer = await request(kept?.access);
    }
    if (!answer.ok && answer.error.code === "UNAUTHORIZED" && session.read()?.id === kept?.id) session.end("expired");
    return answer;
  }

  /** Calls without a token, such as a login. */
  const open = <P extends Path, M extends MethodOf<P>>(method: M, path: P, call: CallOptions<P, M> = {}) =>
    raw(method, call.at ?? path, call.body) as Promise<Answer<P, M>>;

  /** Calls with the access token. */
  const signed = <P extends Path, M extends MethodOf<P>>(method: M, path: P, call: CallOptions<P, M> = {}) =>
    authorized((token) => raw(method, call.at ?? path, call.body, token)) as Promise<Answer<P, M>>;

  /** Calls with the token of a pending step. */
  const pending = <P extends Path, M extends MethodOf<P>>(
    step: PendingStep,
    method: M,
    path: P,
    call: CallOptions<P, M> = {},
  ) => raw(method, call.at ?? path, call.body, step.tempToken) as Promise<Answer<P, M>>;

  /** Stores the tokens of a response. Returns an error if they came the wrong way. */
  function adopt(data: { tokens: Tokens; user?: User | null }, sentAt: number): AuthError | undefined {
    if (cookies && data.tokens.accessToken) {
      return failure("COOKIES_OFF", 0, "The tokens came in the body: set AUTH_COOKIES=on in the service.").error;
    }
    // A reauthentication, which returns no user, renews the session that asked for it. That one may have ended, or
    // another tab may have logged in. Cookies are not affected: the browser has them already.
    if (!data.user && !session.matches(data.tokens)) {
      return cookies ? undefined : signedOut().error;
    }
    session.save(data.tokens, sentAt);
    if (data.user) session.identify(data.user, true);
    return undefined;
  }

  /** `tell`: whether to notify other tabs of a change. */
  async function me(tell = false): Promise<Result<User, CodeOf<"/auth/me", "get">>> {
    const before = session.endings();
    const answer = await signed("get", "/auth/me");
    if (!answer.ok) return answer;
    if (session.endings() === before) session.identify(answer.data.user, tell);
    return { ok: true, data: answer.data.user };
  }

  const sending = { open, signed, pending };
  return { base, publicBase, cookies, fetch, session, prepare, isExpired, mayRefresh, ...sending, adopt, me };
}

/** Returns the data of a response without its code. */
export const result = <T, C extends string>(
  answer: { ok: true; data: T } | { ok: false; error: AuthError<C> },
): Result<T, C> => (answer.ok ? { ok: true, data: answer.data } : answer);
