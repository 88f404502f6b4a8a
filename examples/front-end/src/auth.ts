// Calls the auth service with fetch. Tokens travel in cookies that no script can read, so the page stores none.
export interface User {
  id: string;
  username: string | null;
  email: string;
  roles: string[];
}

export type LoggedIn =
  | { code: "USER_LOGGED_IN"; user: User }
  | { code: "TWOFA_REQUIRED"; primary: "app" | "email"; methods: ("app" | "email")[] }
  | { code: "EMAIL_VERIFICATION_REQUIRED" }; // a code was mailed: verifyEmail, then login again

// A refusal of the service. The code is stable; the page chooses the words for its users.
export class Refusal extends Error {
  constructor(readonly code: string, readonly data: Record<string, unknown>) {
    super(code);
  }
}

function send(method: string, path: string, body?: object): Promise<Response> {
  const headers = { "Content-Type": "application/json", "X-Auth-Transport": "cookie" };
  return fetch(`/api${path}`, { method, headers, body: body && JSON.stringify(body) });
}

let refreshing: Promise<boolean> | undefined;
function refresh(): Promise<boolean> {
  refreshing ??= send("POST", "/auth/refresh", {}).then((answer) => answer.ok).finally(() => (refreshing = undefined));
  return refreshing;
}

// Not after every 401: a wrong code is also a 401.
const RENEWABLE = ["TOKEN_REQUIRED", "ACCESS_TOKEN_EXPIRED"];

async function call<Data>(method: string, path: string, body?: object): Promise<{ code: string; data: Data }> {
  let answer = await send(method, path, body);
  let envelope = await answer.json();
  if (answer.status === 401 && RENEWABLE.includes(envelope.code) && (await refresh())) {
    answer = await send(method, path, body);
    envelope = await answer.json();
  }
  if (!answer.ok) throw new Refusal(envelope.code, envelope.data);
  return envelope;
}

export async function me(): Promise<User | null> {
  try {
    return (await call<{ user: User }>("GET", "/auth/me")).data.user;
  } catch (refusal) {
    if (refusal instanceof Refusal && ["UNAUTHORIZED", ...RENEWABLE].includes(refusal.code)) return null;
    throw refusal;
  }
}

async function finish(path: string, body: object): Promise<LoggedIn> {
  const { code, data } = await call<object>("POST", path, body);
  return { code, ...data } as LoggedIn;
}

export const register = (email: string, password: string) => call("POST", "/auth/register", { email, password });
export const login = (email: string, password: string) => finish("/auth/login", { email, password });
export const verify = (method: "app" | "email", otpCode: string) => finish(`/2fa/${method}/verify-login`, { otpCode });
export const verifyEmail = (otpCode: string) => call("POST", "/auth/verify-email", { otpCode });
export const logout = () => call("POST", "/auth/logout", {});
