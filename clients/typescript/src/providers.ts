import type { CodeOf, Result, User } from "./api.js";
import { type Core, result } from "./core.js";
import { waiting } from "./logins.js";
import type { Failed, ProviderOutcome } from "./outcomes.js";
import type { Tokens } from "./session.js";

type FinishCode = CodeOf<"/auth/google", "get"> | CodeOf<"/auth/me", "get">;

const refused = (code: string): Failed<FinishCode> => ({
  status: "failed",
  error: { code: code as FinishCode, status: 400, message: code },
});

/** Sign-in with `google`, `42` and other providers, and linking. */
export function providers(core: Core) {
  const { publicBase, cookies, session, open, signed } = core;
  const path = (provider: string, rest: string) => `/auth/${encodeURIComponent(provider)}${rest}`;

  /** Remembers `state`, so that `finish` refuses a sign-in that began elsewhere. */
  function remembered<C extends string>(answer: Result<{ authorizationUrl: string }, C>): Result<{ url: string }, C> {
    if (!answer.ok) return answer;
    const url = answer.data.authorizationUrl;
    if (!cookies) session.state.set(new URL(url).searchParams.get("state") ?? "");
    return { ok: true, data: { url } };
  }

  const query = (parameters: Record<string, string | undefined>) => {
    const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return given.length ? `?${new URLSearchParams(given)}` : "";
  };

  return {
    /**
     * Returns where to send the browser. With cookies it comes back to `redirect`, a page of an allowed origin; with
     * bearer tokens, to the redirect URL registered at the provider. `reauthenticate` makes the login fresh again.
     */
    async begin(provider: string, options: { redirect?: string; reauthenticate?: boolean } = {}) {
      const { redirect, reauthenticate } = options;
      const at = path(
        provider,
        `/authorize${query({ redirect, reauthenticate: reauthenticate ? "true" : undefined })}`,
      );
      if (cookies) {
        // The browser goes there by itself and cannot refresh, so the access cookie must be valid now.
        const me = reauthenticate ? await core.me() : undefined;
        return me && !me.ok ? me : { ok: true as const, data: { url: publicBase + at } };
      }
      const call = reauthenticate ? signed : open;
      return remembered(result(await call("get", "/auth/google/authorize", { at })));
    },

    /** Finishes a sign-in or link. Takes the URL of the page that the browser came back to. */
    async finish(provider: string, url: string): Promise<ProviderOutcome<FinishCode>> {
      const { searchParams: found } = new URL(url);
      const [error, pending, code, state] = ["error", "pending", "code", "state"].map((name) => found.get(name) ?? "");
      if (cookies) {
        if (error) return refused(error);
        if (pending) {
          const methods = found.get("methods")?.split(",");
          return waiting(pending, { expiresIn: 0, methods, primary: found.get("primary") });
        }
        const me = await core.me(true);
        return me.ok ? { status: "signed_in", user: me.data } : { status: "failed", error: me.error };
      }
      if (!state || state !== session.state.get()) return refused("OAUTH_STATE_INVALID");
      session.state.set("");
      // A link or reauthentication must be finished by the session that began it.
      await core.prepare();
      return session.exclusive(async () => {
        const sentAt = Date.now();
        const step = { tempToken: session.read()?.access, expiresIn: 0 };
        const at = path(provider, query(code ? { code, state } : { error, state }));
        const answer = await core.pending(step, "get", "/auth/google", { at });
        if (!answer.ok) return { status: "failed", error: answer.error };
        if (answer.code === "TWOFA_REQUIRED" || answer.code === "EMAIL_VERIFICATION_REQUIRED") {
          return waiting(answer.code, answer.data);
        }
        const { tokens, user } = answer.data as { tokens?: Tokens; user?: User };
        const refusal = tokens && core.adopt({ tokens, user: user ?? null }, sentAt);
        if (refusal) return { status: "failed", error: refusal as Failed<FinishCode>["error"] };
        if (!user) return { status: "reauthenticated" };
        if (!tokens) session.identify(user, true);
        return { status: tokens ? "signed_in" : "linked", user };
      });
    },

    /** Returns where to send the browser to link the provider to this account. Needs a fresh login. */
    async link(provider: string, redirect?: string) {
      const at = path(provider, `/link${query({ redirect })}`);
      return remembered(result(await signed("post", "/auth/google/link", { at })));
    },

    /** Unlinks the provider and ends the other sessions. Needs a fresh login. */
    unlink: async (provider: string) =>
      result(await signed("delete", "/auth/google/link", { at: path(provider, "/link") })),
  };
}
