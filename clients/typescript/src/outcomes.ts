import type { AuthError, User } from "./api.js";

/** A way to finish a login that needs a second factor. */
export type SecondFactor = "app" | "email" | "recovery";

/** A step that waits for a code. With cookies, its token is in a cookie. */
export interface PendingStep {
  tempToken?: string | undefined;
  /** Seconds until the step expires. */
  expiresIn: number;
}

/** The user is not signed in yet: call `verifySecondFactor`. */
export interface TwoFactorRequired extends PendingStep {
  status: "two_factor_required";
  /** `app`, `email`. A recovery code is always accepted too. */
  methods: string[];
  /** The one to offer first. If it is `email`, the code has been mailed. */
  primary: string | null;
}

/** The user is not signed in yet: call `verifyEmail`, then `login` again. */
export interface EmailVerificationRequired extends PendingStep {
  status: "email_verification_required";
}

export interface SignedIn {
  status: "signed_in";
  user: User;
}

export interface Reauthenticated {
  status: "reauthenticated";
}

export interface Failed<C extends string = string> {
  status: "failed";
  error: AuthError<C>;
}

/** The outcome of a login. It has a user only if the login is complete. */
export type LoginOutcome<C extends string = string> =
  SignedIn | TwoFactorRequired | EmailVerificationRequired | Failed<C>;

/** The outcome of a second factor. */
export type SecondFactorOutcome<C extends string = string> = SignedIn | Reauthenticated | Failed<C>;

/** The outcome of a reauthentication. */
export type ReauthenticationOutcome<C extends string = string> = Reauthenticated | TwoFactorRequired | Failed<C>;

/** The outcome of a visit to a provider. */
export type ProviderOutcome<C extends string = string> =
  LoginOutcome<C> | Reauthenticated | { status: "linked"; user: User };

/** The outcome of a change of e-mail address or password. */
export type UpdateOutcome<C extends string = string> =
  { status: "updated"; user: User } | { status: "code_required"; method: string; expiresIn: number } | Failed<C>;
