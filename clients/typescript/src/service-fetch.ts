import type { Core } from "./core.js";

/** Creates a `fetch` that sends the access token, and retries with a fresh one if it had expired. */
export function serviceFetch(core: Core, services: string[]) {
  const { base, cookies, session, prepare, isExpired, mayRefresh } = core;
  const page = globalThis.location?.href;
  const isOneOf = (urls: string[], origin: string) => urls.some((url) => new URL(url, page).origin === origin);
  const own = page ? [base, page] : [base];

  async function saysExpired(response: Response, origin: string): Promise<boolean> {
    if (response.status !== 401 || !mayRefresh) return false;
    const body = await response
      .clone()
      .json()
      .catch(() => undefined);
    // Other origins never get the access cookie, so a new one would not help.
    return body?.code === "TOKEN_REQUIRED" && !isOneOf(own, origin) ? false : isExpired(body?.code);
  }

  return async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, cookies ? { ...init, credentials: "include" } : init);
    const { origin } = new URL(request.url);
    if (!isOneOf([...own, ...services], origin))
      throw new TypeError(`${origin} is not in \`services\`: the access token is not sent there`);
    const attempt = () => {
      const copy = request.clone();
      const token = session.read()?.access;
      if (token) copy.headers.set("Authorization", `Bearer ${token}`);
      return core.fetch(copy);
    };
    await prepare();
    const used = session.read();
    const response = await attempt();
    if (!(await saysExpired(response, origin)) || !(await session.refresh(used)).ok) return response;
    return attempt();
  };
}
