import { type AuthClient, createClient } from "./client.js";
import type { Fetch } from "./http.js";

export interface ServerClientOptions {
  /** The URL under which this server reaches the service: `http://127.0.0.1:8080`. */
  baseUrl: string;
  /** The headers of the browser's request. */
  headers: Headers;
  /**
   * Adds a `Set-Cookie` header to the response to the browser. Leave it out where headers can no longer be set, for
   * example while a page is rendered: then this client does not refresh, and the page does.
   */
  setCookie?: (header: string) => void;
  /** The URL of the service for browsers, which `providers.begin` returns; by default `baseUrl`. */
  publicUrl?: string;
  /** The address of the browser, if this server is in `AUTH_TRUSTED_PROXIES` of the service. */
  clientAddress?: string;
  /** Replaces the global `fetch`. */
  fetch?: Fetch;
}

const OURS = "__Host-auth-";

/** Returns the cookies of the service in a `Cookie` header. */
function ours(header: string | null): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (header ?? "").split(/; */)) {
    const [name, value] = cut(pair, "=");
    if (name.startsWith(OURS)) cookies.set(name, value);
  }
  return cookies;
}

function cut(text: string, at: string): [string, string] {
  const index = text.indexOf(at);
  return index < 0 ? [text, ""] : [text.slice(0, index), text.slice(index + 1)];
}

/** Applies a `Set-Cookie` header, as a browser would before its next request. */
function apply(cookies: Map<string, string>, header: string) {
  const [pair, attributes] = cut(header, ";");
  const [name, value] = cut(pair, "=");
  if (/;\s*max-age=(0|-\d+)\s*(;|$)/i.test(`;${attributes}`)) cookies.delete(name.trim());
  else cookies.set(name.trim(), value);
}

/**
 * Creates a client that acts for the browser behind one request, with its cookies. Create one per request and never
 * share it. Send responses that depend on it with `Cache-Control: no-store`.
 */
export function createServerClient(options: ServerClientOptions): AuthClient {
  const { baseUrl, publicUrl, headers: incoming, setCookie, clientAddress } = options;
  const fetch = options.fetch ?? globalThis.fetch;
  const cookies = ours(incoming.get("cookie"));

  // The service refuses requests that another site made the browser send, so it must know where this one came from. A
  // refresh is this server's own request: it changes nothing but tokens, even if another site linked to this page.
  function provenance(url: string): Record<string, string | null> {
    return url.endsWith("/auth/refresh")
      ? { "sec-fetch-site": "same-origin" }
      : { origin: incoming.get("origin"), "sec-fetch-site": incoming.get("sec-fetch-site") };
  }

  const forward: Fetch = async (input, init) => {
    const request = new Request(input, init);
    const passed = {
      ...provenance(request.url),
      cookie: [...cookies].map((pair) => pair.join("=")).join("; "),
      // A session belongs to the network and user agent of the browser, not of this server.
      "user-agent": incoming.get("user-agent"),
      "x-forwarded-for": clientAddress ?? null,
    };
    for (const [name, value] of Object.entries(passed)) if (value) request.headers.set(name, value);
    const response = await fetch(request);
    for (const header of response.headers.getSetCookie()) {
      if (!header.startsWith(OURS)) continue;
      apply(cookies, header);
      setCookie?.(header);
    }
    return response;
  };

  const mayRefresh = !!setCookie;
  return createClient({ baseUrl, publicUrl, transport: "cookie", storage: "memory", fetch: forward, mayRefresh });
}
