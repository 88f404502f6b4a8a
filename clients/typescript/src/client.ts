import type { BodyOf, CodeOf, Result } from "./api.js";
import { createCore, type InternalOptions, result } from "./core.js";
import { logins } from "./logins.js";
import { providers } from "./providers.js";
import { serviceFetch } from "./service-fetch.js";
import type { SessionChange } from "./session.js";

export type AuthClient = ReturnType<typeof createClient>;

/** Creates a client. `createAuthClient` hides the options that only `/server` may set. */
export function createClient(options: InternalOptions) {
  const core = createCore(options);
  const { session, cookies, open, signed } = core;

  /** Ends the session here after the service has ended it. */
  async function ending<T, C extends string>(answer: Promise<Result<T, C>>) {
    const ended = await answer;
    if (ended.ok) session.end("signed_out");
    return ended;
  }

  return {
    ...logins(core),

    /** Creates an account. It does not log in. */
    register: async (body: BodyOf<"/auth/register", "post">) => result(await open("post", "/auth/register", { body })),

    /** Returns the profile of the user. `TOKEN_REQUIRED` means that nobody is signed in. */
    me: () => core.me(),

    /** Ends the session. After a `NETWORK_ERROR` the session is still open. */
    logout: (): Promise<Result<object, CodeOf<"/auth/logout", "post">>> =>
      session.exclusive(async () => {
        const token = session.read()?.refresh;
        const answer =
          !token && !cookies ? undefined : await open("post", "/auth/logout", token ? { body: { token } } : {});
        // After a 401 of the service the session is over anyway. One of a proxy says nothing of it.
        if (answer && !answer.ok && (answer.error.status !== 401 || answer.error.code === "UNEXPECTED_ANSWER"))
          return answer;
        session.end("signed_out");
        return { ok: true, data: {} };
      }),

    /** Ends every session of this user. */
    logoutAll: () => ending(signed("post", "/auth/logout-all").then(result)),

    /**
     * Deletes the account. Needs a fresh login: after `REAUTHENTICATION_REQUIRED` call `reauthenticate`. If the data has
     * `restorableUntil`, `login` with `restore: true` can undo it until then.
     */
    deleteAccount: () => ending(signed("delete", "/auth/delete").then(result)),

    /** Returns what the service keeps of the user. Needs a fresh login. */
    exportData: async () => result(await signed("get", "/auth/me/export")),

    /** Asks the other services for what they store of the user. Needs a fresh login. */
    requestExport: async () => result(await signed("post", "/auth/me/export")),

    sessions: {
      list: async () => result(await signed("get", "/auth/sessions")),
      revoke: async (id: string) =>
        result(
          await signed("delete", "/auth/sessions/{session_id}", {
            at: `/auth/sessions/${encodeURIComponent(id)}`,
          }),
        ),
    },

    /** The second factors of this user. All but `list` need a fresh login. */
    twoFactor: {
      list: async () => result(await signed("get", "/2fa")),
      /** Returns the QR code to scan. `verifySetUp("app", code)` enables the app. */
      setUpApp: async () => result(await signed("post", "/2fa/app/setup")),
      cancelSetUpApp: async () => result(await signed("delete", "/2fa/app/setup")),
      /** Mails a code. `verifySetUp("email", code)` enables codes by mail. */
      setUpEmail: async () => result(await signed("post", "/2fa/email/setup")),
      /** With the first method, returns the recovery codes: show them to the user, once. */
      verifySetUp: async (method: "app" | "email", otpCode: string) =>
        result(
          await signed("post", "/2fa/app/verify-setup", {
            body: { otpCode },
            at: `/2fa/${method}/verify-setup`,
          }),
        ),
      enable: async (method: "app" | "email") => result(await signed("post", "/2fa/enable", { body: { method } })),
      disable: async (method: "app" | "email") => result(await signed("post", "/2fa/disable", { body: { method } })),
      setPrimary: async (method: "app" | "email") => result(await signed("post", "/2fa/primary", { body: { method } })),
      regenerateRecoveryCodes: async () => result(await signed("post", "/2fa/recovery/regenerate")),
    },

    providers: providers(core),

    /** `fetch` with the access token, for the origins of the page, of the service and of `services`. */
    fetch: serviceFetch(core, options.services ?? []),

    /** Returns a fresh access token, for a WebSocket for example; `undefined` with cookies or when signed out. */
    async accessToken(): Promise<string | undefined> {
      const refusal = await core.prepare();
      const kept = session.read();
      return refusal || !kept || kept.expires <= Date.now() ? undefined : kept.access;
    },

    /** Replaces the access token now, to see new roles for example. Tokens that expire are replaced without it. */
    async refresh(): Promise<Result<object, CodeOf<"/auth/refresh", "post">>> {
      const answer = await session.refresh(session.read());
      return answer.ok ? { ok: true, data: {} } : (answer as { ok: false; error: never });
    },

    /**
     * Calls the listener when a user signs in or out, here or in another tab, and when the profile changes. Call `me`
     * for the state at the start of the page. Returns a function that removes the listener.
     */
    onSessionChange: (listener: (change: SessionChange) => void) => session.listen(listener),

    /** Stops listening to other tabs. */
    close: session.close,
  };
}
