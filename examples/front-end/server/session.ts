// For a server that renders pages: who calls, and the cookies that its answer must pass on.
import type { User } from "../src/auth";

const AUTH = process.env.SERVICE_URL ?? "http://127.0.0.1:8080"; // inside
const ORIGIN = process.env.ORIGIN ?? "http://localhost:8000"; // as browsers see the site

export interface Session {
  user: User | null;
  cookies: string[]; // values of Set-Cookie
}

// `address` is that of the browser: the auth service believes it when AUTH_TRUSTED_PROXIES names this server.
export async function sessionOf(request: Request, address: string): Promise<Session> {
  const cookie = request.headers.get("cookie") ?? "";
  if (!cookie.includes("__Host-auth-")) return { user: null, cookies: [] };
  const headers = { cookie, "user-agent": request.headers.get("user-agent") ?? "", "x-forwarded-for": address };
  const user = await me(headers);
  if (user || !cookie.includes("__Host-auth-refresh")) return { user, cookies: [] };
  // Origin: a request with cookies has to say which site it is for.
  const refreshed = await fetch(`${AUTH}/auth/refresh`, { method: "POST", headers: { ...headers, origin: ORIGIN } });
  const cookies = refreshed.ok ? refreshed.headers.getSetCookie() : [];
  const renewed = cookies.map((line) => line.split(";")[0]).join("; ");
  return { user: renewed ? await me({ ...headers, cookie: renewed }) : null, cookies };
}

async function me(headers: Record<string, string>): Promise<User | null> {
  const answer = await fetch(`${AUTH}/auth/me`, { headers, signal: AbortSignal.timeout(5_000) });
  return answer.ok ? (await answer.json()).data.user : null;
}
