// Compiled, never run: what must not compile is marked.
import { type AuthError, createAuthClient, type User } from "@auth-service/client";
import { createServerClient } from "@auth-service/client/server";
import { createVerifier } from "@auth-service/client/verify";

const auth = createAuthClient({ baseUrl: "/api", transport: "cookie" });
const takesUser = (user: User) => user.email;

export async function login() {
  const outcome = await auth.login({ email: "ann@example.org", password: "x" });
  // @ts-expect-error A login may wait for a second factor: there is no user yet.
  takesUser(outcome.user);
  // @ts-expect-error Nor does a login just succeed or fail.
  if (outcome.ok) return;
  // @ts-expect-error Without the case of a second factor this is not exhaustive.
  const incomplete = (): string => {
    switch (outcome.status) {
      case "signed_in":
        return takesUser(outcome.user);
      case "email_verification_required":
        return "";
      case "failed":
        return outcome.error.message;
    }
  };
  switch (outcome.status) {
    case "signed_in":
      return takesUser(outcome.user);
    case "two_factor_required":
      return (await auth.verifySecondFactor(outcome, "app", "123456")).status;
    case "email_verification_required":
      return String(outcome.expiresIn);
    case "failed":
      return incomplete();
    default: {
      const nothing: never = outcome;
      return nothing;
    }
  }
}

export async function codes() {
  const outcome = await auth.login({ username: "ann", password: "x" });
  if (outcome.status === "failed") {
    if (outcome.error.code === "INVALID_PASSWORD") return;
    // @ts-expect-error No login answers this code.
    if (outcome.error.code === "OTP_INVALID") return;
    const retryAfter: number | undefined = outcome.error.retryAfter;
    return retryAfter;
  }
  const me = await auth.me();
  // @ts-expect-error There is no data beside an error.
  takesUser(me.data);
  if (me.ok) takesUser(me.data);
  else if (me.error.code === "NETWORK_ERROR" || me.error.code === "TOKEN_REQUIRED") return;
  const error: AuthError | undefined = me.ok ? undefined : me.error;
  return error;
}

export async function bodies() {
  // @ts-expect-error The password is missing.
  await auth.login({ email: "ann@example.org" });
  // @ts-expect-error An account has an e-mail address.
  await auth.register({ username: "ann", password: "x" });
  // @ts-expect-error There is no such second factor.
  await auth.twoFactor.enable("sms");
  // @ts-expect-error There is no such transport.
  createAuthClient({ baseUrl: "/api", transport: "local" });
  const sessions = await auth.sessions.list();
  if (sessions.ok) await auth.sessions.revoke(sessions.data.sessions[0]!.id);
  const setUp = await auth.twoFactor.setUpApp();
  if (setUp.ok) return setUp.data.qrCode;
  const changed = await auth.updateCredentials({ email: "ann@example.net", oldPassword: "x" });
  if (changed.status === "code_required") return changed.method;
  return undefined;
}

export function changes() {
  return auth.onSessionChange((change) => {
    // @ts-expect-error Nobody may be signed in.
    takesUser(change.user);
    if (change.user) takesUser(change.user);
    else if (change.reason === "expired") return;
  });
}

export async function elsewhere(request: Request) {
  // @ts-expect-error The browser's cookies are in the headers of its request.
  createServerClient({ baseUrl: "http://127.0.0.1:8080" });
  const verify = createVerifier({ issuer: "https://auth.example.org", audience: "https://api.example.org" });
  const verified = await verify(request.headers.get("authorization"));
  // @ts-expect-error There are no claims beside an error.
  const claims = verified.claims;
  if (claims) return claims;
  return verified.ok ? verified.claims.sub : verified.error.status;
}
