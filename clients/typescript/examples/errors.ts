import { createAuthClient } from "@auth-service/client";

const auth = createAuthClient({ baseUrl: "/api", transport: "cookie" });

/** Returns the messages for the fields of a registration form, by JSON pointer. */
export async function register(email: string, password: string): Promise<Record<string, string>> {
  const registered = await auth.register({ email, password });
  if (registered.ok) return {};
  const { code, field, errors, retryAfter } = registered.error;
  switch (code) {
    case "VALIDATION_FAILED":
      return Object.fromEntries((errors ?? []).map(({ field, message }) => [field, message]));
    case "USER_EXISTS":
      return { [field ?? "/email"]: "You already have an account. Sign in instead." };
    case "RATE_LIMITED":
      return { "": `Too many attempts. Try again in ${retryAfter} seconds.` };
    case "NETWORK_ERROR":
      return { "": "You seem to be offline." };
    default:
      return { "": registered.error.message };
  }
}
