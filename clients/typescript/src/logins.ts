import type { BodyOf, CodeOf, Result, User } from "./api.js";
import { type Core, result } from "./core.js";
import type {
  EmailVerificationRequired,
  Failed,
  LoginOutcome,
  PendingStep,
  ReauthenticationOutcome,
  SecondFactor,
  SecondFactorOutcome,
  TwoFactorRequired,
  UpdateOutcome,
} from "./outcomes.js";
import type { Tokens } from "./session.js";

const failed = <C extends string>(error: Failed<C>["error"]): Failed<C> => ({ status: "failed", error });

interface Waiting extends PendingStep {
  methods?: string[] | undefined;
  primary?: string | null;
}

/** Returns the outcome of a 206. */
export const waiting = (code: string, data: Waiting): TwoFactorRequired | EmailVerificationRequired => {
  const { tempToken, expiresIn, methods, primary } = data;
  return code === "TWOFA_REQUIRED"
    ? { status: "two_factor_required", tempToken, expiresIn, methods: methods ?? [], primary: primary ?? null }
    : { status: "email_verification_required", tempToken, expiresIn };
};

type Login<C extends string> =
  { ok: true; code: string; data: { tokens: Tokens; user: User } | Waiting } | { ok: false; error: Failed<C>["error"] };

/** Returns the outcome of a login and stores its tokens. */
export function loginOutcome<C extends string>(core: Core, answer: Login<C>, sentAt: number): LoginOutcome<C> {
  if (!answer.ok) return failed(answer.error);
  if (!("tokens" in answer.data)) return waiting(answer.code, answer.data);
  const refused = core.adopt(answer.data, sentAt);
  return refused ? failed(refused as Failed<C>["error"]) : { status: "signed_in", user: answer.data.user };
}

/** The calls that open a session, prove who the user is, or change how they sign in. */
export function logins(core: Core) {
  const { session, open, signed, pending } = core;

  // Excludes a refresh in another tab, whose response would restore the previous session.
  const login = <C extends string>(send: () => Promise<Login<C>>) =>
    session.exclusive(async () => {
      const sentAt = Date.now();
      return loginOutcome(core, await send(), sentAt);
    });

  async function verifySecondFactor(
    step: PendingStep,
    method: SecondFactor,
    code: string,
  ): Promise<SecondFactorOutcome<CodeOf<"/2fa/app/verify-login", "post">>> {
    return session.exclusive(async () => {
      const sentAt = Date.now();
      const answer = await (method === "recovery"
        ? pending(step, "post", "/2fa/recovery/verify-login", { body: { recoveryCode: code } })
        : pending(step, "post", `/2fa/${method}/verify-login`, { body: { otpCode: code } }));
      if (!answer.ok) return failed(answer.error);
      const user = answer.code === "USER_LOGGED_IN" ? answer.data.user : null;
      const refused = core.adopt({ tokens: answer.data.tokens, user }, sentAt);
      if (refused) return failed(refused as Failed<never>["error"]);
      return user ? { status: "signed_in", user } : { status: "reauthenticated" };
    });
  }

  return {
    /** Logs in. Only the outcome `signed_in` has a user; the others say what comes first. */
    login: (body: BodyOf<"/auth/login", "post">) => login(() => open("post", "/auth/login", { body })),

    /** Finishes a login or reauthentication with a second factor. After a wrong code, call it again. */
    verifySecondFactor,

    /** Mails the code for that login. */
    sendLoginCode: async (step: PendingStep) => result(await pending(step, "post", "/2fa/email/send-login")),

    /** Makes the login fresh again. For an account without a password (`{}`) a code is mailed. */
    async reauthenticate(
      body: BodyOf<"/auth/reauthenticate", "post">,
    ): Promise<ReauthenticationOutcome<CodeOf<"/auth/reauthenticate", "post">>> {
      const sentAt = Date.now();
      const answer = await signed("post", "/auth/reauthenticate", { body });
      if (!answer.ok) return failed(answer.error);
      if (!("tokens" in answer.data)) return waiting("TWOFA_REQUIRED", answer.data) as TwoFactorRequired;
      const refused = core.adopt(answer.data, sentAt);
      return refused ? failed(refused as Failed<never>["error"]) : { status: "reauthenticated" };
    },

    /** Replaces a forgotten password: `start` mails a code, `verify` checks it, `setPassword` logs in. */
    recovery: {
      start: async (email: string) => result(await open("post", "/auth/lost-password", { body: { email } })),
      verify: async (step: PendingStep, otpCode: string) =>
        result(await pending(step, "post", "/auth/verify-code", { body: { otpCode } })),
      setPassword: (step: PendingStep, body: BodyOf<"/auth/update-password", "post">) =>
        login(() => pending(step, "post", "/auth/update-password", { body })),
    },

    /** Verifies the e-mail address with the mailed code, for the user signed in or for a pending step. */
    async verifyEmail(
      otpCode: string,
      step?: PendingStep,
    ): Promise<Result<User, CodeOf<"/auth/verify-email", "post">>> {
      const call = { body: { otpCode } };
      const answer = await (step
        ? pending(step, "post", "/auth/verify-email", call)
        : signed("post", "/auth/verify-email", call));
      if (!answer.ok) return answer;
      if (!step) session.identify(answer.data.user, true);
      return { ok: true, data: answer.data.user };
    },

    /** Mails another code. Continue with the step that this returns. */
    async resendVerification(step?: PendingStep) {
      const path = "/auth/verify-email/resend";
      const answer = await (step ? pending(step, "post", path) : signed("post", path));
      return answer.ok ? { ok: true as const, data: answer.data } : answer;
    },

    /** Changes the e-mail address, the password, the language, or several of them. After `code_required`, call `confirmUpdate`. */
    async updateCredentials(
      body: BodyOf<"/auth/update-credentials", "post">,
    ): Promise<UpdateOutcome<CodeOf<"/auth/update-credentials", "post">>> {
      const answer = await signed("post", "/auth/update-credentials", { body });
      if (!answer.ok) return failed(answer.error);
      if (!("user" in answer.data)) return { status: "code_required", ...answer.data };
      session.identify(answer.data.user, true);
      return { status: "updated", user: answer.data.user };
    },

    /** Makes the pending change. */
    async confirmUpdate(otpCode: string): Promise<Result<User, CodeOf<"/auth/verify-update-credentials", "post">>> {
      const answer = await signed("post", "/auth/verify-update-credentials", { body: { otpCode } });
      if (!answer.ok) return answer;
      session.identify(answer.data.user, true);
      return { ok: true, data: answer.data.user };
    },
  };
}
