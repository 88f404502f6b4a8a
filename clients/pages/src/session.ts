// The client of the service, and what these pages add to it.
import { createAuthClient, type User } from "@auth-service/client";
import { folder, here, service, settings } from "./settings.js";

export type { User } from "@auth-service/client";

export const auth = createAuthClient({ baseUrl: service.href, transport: "cookie" });

let signedIn = false;
auth.onSessionChange((change) => {
  signedIn = change.user !== null;
});

/** Stores the language with the account, for mails, if someone is signed in. This browser has it in any case. */
export async function keepLanguage(locale: string): Promise<void> {
  if (signedIn) await auth.updateCredentials({ locale });
}

export interface Provider {
  name: string;
  displayName: string;
  icon?: string;
}

/** Icons come from this host or from the setting itself: these pages send no request elsewhere. */
const isOwn = (icon: unknown): icon is string =>
  typeof icon === "string" && (icon.startsWith("data:image/") || /^\/(?![/\\])/.test(icon));

let listed: Promise<Provider[]> | undefined;

/** Returns the configured providers. */
export const providers = (): Promise<Provider[]> => (listed ??= list());

async function list(): Promise<Provider[]> {
  try {
    const answer = await (await fetch(new URL("auth/providers", service))).json();
    const found: (Provider & { icon: unknown })[] = answer.data.providers;
    return found.map(({ name, displayName, icon }) => ({ name, displayName, ...(isOwn(icon) ? { icon } : {}) }));
  } catch {
    listed = undefined;
    return [];
  }
}

/** Returns the URL of one of these pages, where providers send the browser: under the public URL. */
export function publicPage(page: string, query: Record<string, string | undefined>): string {
  const url = new URL(page, settings.publicUrl ? new URL(`${folder}/`, settings.publicUrl) : here);
  for (const [name, value] of Object.entries(query)) if (value) url.searchParams.set(name, value);
  return url.href;
}

/**
 * Returns where to send the browser to sign in with a provider. The cookies of that sign-in belong to the public URL, so
 * on any other host the browser goes there.
 */
export function providerUrl(provider: string, redirect: string, { reauthenticate = false, invitation = "" } = {}): string {
  const url = new URL(`auth/${encodeURIComponent(provider)}/authorize`, settings.publicUrl || service);
  url.searchParams.set("redirect", redirect);
  if (reauthenticate) url.searchParams.set("reauthenticate", "true");
  if (invitation) url.searchParams.set("invitation", invitation);
  return url.href;
}

/** Tells whether the browser has kept the cookies of a sign-in. */
export async function keepsCookies(): Promise<boolean> {
  const me = await auth.me();
  return me.ok || me.error.code !== "TOKEN_REQUIRED";
}

export type Step = { expiresIn: number };
export type Method = "app" | "email" | "recovery";
export type Signed = (user: User) => void;
