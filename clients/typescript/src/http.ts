import type { AuthError } from "./api.js";

/** A response whose types are not known yet. */
export type Raw = { ok: true; code: string; data: any } | { ok: false; error: AuthError };

export type Fetch = (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>;

export interface SendOptions {
  token?: string | undefined;
  body?: unknown;
  /** Whether cookies carry the tokens. */
  cookies: boolean;
  /** Milliseconds until the request is aborted. */
  deadline?: number;
}

const TRY_LATER = "Something went wrong. Try again later.";

/** An error of the client itself. */
export const failure = (code: string, status: number, hint: string, message = TRY_LATER) => ({
  ok: false as const,
  error: { code, status, message, hint },
});

/** Sends one request and returns every outcome as a value. */
export async function send(fetch: Fetch, method: string, url: string, options: SendOptions): Promise<Raw> {
  const { token, body, cookies, deadline = 30_000 } = options;
  const headers: Record<string, string> = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  if (cookies && method !== "get") headers["X-Auth-Transport"] = "cookie";
  let status = 0;
  try {
    const response = await fetch(url, {
      method: method.toUpperCase(),
      headers,
      body: body ? JSON.stringify(body) : null,
      credentials: cookies ? "include" : "omit",
      cache: "no-store",
      signal: AbortSignal.timeout(deadline),
    });
    status = response.status;
    const { statusCode, code, data } = await response.json();
    // A proxy may respond with JSON too. The service repeats the status in the body.
    const genuine = statusCode === status && code;
    if (response.ok && genuine) return { ok: true, code, data };
    if (genuine) {
      const requestId = response.headers.get("x-request-id") ?? undefined;
      return { ok: false, error: { message: code, ...data, code, status, requestId } };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) {
      return failure("NETWORK_ERROR", 0, String(error), "The service cannot be reached. Check your connection.");
    }
  }
  return failure("UNEXPECTED_ANSWER", status, `The response (${status}) did not come from the auth service.`);
}
