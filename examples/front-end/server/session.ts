// For a server that renders pages: who the user is, and the cookies of a refresh.
import type { User } from "../src/auth";

const AUTH = process.env.SERVICE_URL ?? "http://127.0.0.1:8080"; // inside
const ORIGIN = process.env.ORIGIN ?? "http://localhost:8000"; // as browsers see the site

export interface Session {
  user: User | null;
  cookies: string[]; // values of Set-Cookie; if there are any, answer with `again`
}

// `address` is that of the browser: the auth service trusts it if AUTH_TRUSTED_PROXIES contains this server.
export async function sessionOf(request: Request, address?: string): Promise<Session> {
  const cookie = request.headers.get("cookie") ?? "";
  if (!cookie.includes("__Host-auth-")) return { user: null, cookies: [] };
  const headers: Record<string, string> = { cookie, "user-agent": request.headers.get("user-agent") ?? "" };
  if (address) headers["x-forwarded-for"] = address;
  const signal = AbortSignal.timeout(5_000);
  const answer = await fetch(`${AUTH}/auth/me`, { headers, signal });
  if (answer.ok) return { user: (await answer.json()).data.user, cookies: [] };
  // A browser may discard a prefetched page together with its cookies.
  const prefetch = /prefetch/.test(`${request.headers.get("sec-purpose")} ${request.headers.get("purpose")}`);
  if (answer.status !== 401 || prefetch || !cookie.includes("__Host-auth-refresh")) return { user: null, cookies: [] };
  // Origin: a request with cookies must say which site it is for.
  const refresh = { method: "POST", headers: { ...headers, origin: ORIGIN }, signal };
  const refreshed = await fetch(`${AUTH}/auth/refresh`, refresh);
  return { user: null, cookies: refreshed.ok ? refreshed.headers.getSetCookie() : [] };
}

// Sends the browser to the same URL with its new cookies. This server does not use them itself: once a token has been
// used, the previous one is valid for only a few seconds, so a browser that misses this answer would be signed out.
export function again(request: Request, cookies: string[]): Response {
  const { pathname, search } = new URL(request.url);
  const headers = new Headers({ location: pathname.replace(/^\/+/, "/") + search, "cache-control": "no-store" });
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  return new Response(null, { status: 307, headers });
}
