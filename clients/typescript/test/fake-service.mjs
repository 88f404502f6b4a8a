// A stand-in for the service in unit tests: what it answers is said by the test, what it was asked is kept.

export const user = {
  id: "0199d0a1-0000-7000-8000-000000000001",
  username: "ann",
  email: "ann@example.org",
  emailVerified: true,
  pendingEmail: null,
  roles: ["user"],
  linkedProviders: [],
  hasPassword: true,
  twoFa: { enabled: false, primary: null },
  locale: null,
  createdAt: "2026-01-01T00:00:00Z",
};

export const answer = (statusCode, code, data = {}) =>
  Response.json({ statusCode, code, data }, { status: statusCode });
export const refusal = (statusCode, code) => answer(statusCode, code, { message: code });
export const tokens = (number, expiresIn = 600) => ({
  accessToken: `access-${number}`,
  refreshToken: `refresh-${number}`,
  tokenType: "Bearer",
  expiresIn,
  refreshExpiresIn: 1000,
});

/** `routes` says what `METHOD /path` answers: a function of the request's body and token. */
export function fakeService(routes) {
  const calls = [];
  const fetch = async (input, init) => {
    const request = new Request(input, init);
    const { pathname } = new URL(request.url);
    const name = `${request.method} ${pathname}`;
    const text = await request.text();
    const call = {
      name,
      url: request.url,
      body: text ? JSON.parse(text) : undefined,
      token: request.headers.get("authorization")?.replace("Bearer ", ""),
      headers: request.headers,
      credentials: request.credentials,
    };
    calls.push(call);
    if (!routes[name]) throw new TypeError(`nothing answers ${name}`);
    return routes[name](call);
  };
  return { fetch, calls, routes, count: (name) => calls.filter((call) => call.name === name).length };
}

/** The part of `localStorage` that a client needs, to be shared by the "tabs" of a test. */
export function sharedStorage() {
  const values = new Map();
  return {
    values,
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}
