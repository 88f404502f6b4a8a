import { createAuthClient } from "@auth-service/client";

const auth = createAuthClient({ baseUrl: "https://auth.example.org", transport: "cookie" });

export const register = (email: string, password: string) => auth.register({ email, password });

type AskForCode = (method: "app" | "email") => Promise<string>;

/** Calls `askForCode`, which shows a form, if the account has a second factor. */
export async function login(email: string, password: string, askForCode: AskForCode) {
  const outcome = await auth.login({ email, password });
  if (outcome.status !== "two_factor_required") return outcome;
  const method = outcome.primary === "email" ? "email" : "app"; // if it is "email", the code has been mailed
  return auth.verifySecondFactor(outcome, method, await askForCode(method));
}

export const profile = () => auth.me();

export const onSessionChange = auth.onSessionChange; // all tabs refresh together, automatically

export async function deleteAccount(password: string) {
  const fresh = await auth.reauthenticate({ password });
  return fresh.status === "reauthenticated" ? auth.deleteAccount() : fresh;
}
