// Calls of the API for administrators, sent with the client's `fetch`.
import type { AuthError, Result } from "@auth-service/client";
import type { components } from "@auth-service/client/openapi";
import { auth } from "../session.js";
import { service } from "../settings.js";
import type { Query } from "./router.js";

type Schemas = components["schemas"];
export type ManagedUser = Schemas["ManagedUser"];
export type UserDetails = Schemas["UserDetailsData"];
export type Invitation = Schemas["Invitation"];
export type AuditRecord = Schemas["AuditRecord"];
export type Status = Schemas["StatusData"];
export type Deletion = Schemas["DeletionData"] | Schemas["DeletionScheduledData"];
type Users = Schemas["ManagedUsersData"];
type Changed = Schemas["ManagedUserData"];

type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";

const failed = (code: AuthError["code"], status: number): Result<never> => ({
  ok: false,
  error: { code, status, message: "" },
});

async function once<T>(method: Method, url: URL, body?: object): Promise<Result<T>> {
  try {
    const response = await auth.fetch(url, {
      method,
      headers: { Accept: "application/json", ...(body ? { "Content-Type": "application/json" } : {}) },
      body: body ? JSON.stringify(body) : null,
      cache: "no-store",
      signal: AbortSignal.timeout(30_000),
    });
    const { statusCode, code, data } = await response.json();
    if (statusCode !== response.status) return failed("UNEXPECTED_ANSWER", response.status);
    return response.ok ? { ok: true, data } : { ok: false, error: { message: code, ...data, code, status: statusCode } };
  } catch (error) {
    return failed(error instanceof SyntaxError ? "UNEXPECTED_ANSWER" : "NETWORK_ERROR", 0);
  }
}

async function call<T>(method: Method, path: string, query: Query = {}, body?: object): Promise<Result<T>> {
  const url = new URL(`auth/admin/${path}`, service);
  for (const [name, value] of Object.entries(query)) if (value) url.searchParams.set(name, value);
  const answer = await once<T>(method, url, body);
  if (answer.ok) return answer;
  // The token may be older than the role.
  if (answer.error.code === "FORBIDDEN" && (await auth.refresh()).ok) {
    const again = await once<T>(method, url, body);
    if (again.ok || again.error.code !== "FORBIDDEN") return again;
  }
  // Whoever is signed out, suspended or no longer an administrator is told so by what is around the page.
  if ([401, 403].includes(answer.error.status) && answer.error.code !== "REAUTHENTICATION_REQUIRED") void auth.me();
  return answer;
}

const of = (id: string, act = "") => `users/${encodeURIComponent(id)}${act && `/${act}`}`;

export const admin = {
  users: (query: Query) => call<Users>("GET", "users", query),
  user: (id: string) => call<UserDetails>("GET", of(id)),
  create: (body: object) => call<Changed>("POST", "users", {}, body),
  changeRoles: (id: string, add: string[], remove: string[]) => call<Changed>("PATCH", of(id, "roles"), {}, { add, remove }),
  suspend: (id: string) => call<Changed>("POST", of(id, "suspend")),
  resume: (id: string) => call<Changed>("POST", of(id, "resume")),
  endSessions: (id: string) => call<object>("DELETE", of(id, "sessions")),
  resetFactors: (id: string) => call<Changed>("DELETE", of(id, "2fa")),
  setEmail: (id: string, email: string, verified: boolean) => call<Changed>("PUT", of(id, "email"), {}, { email, verified }),
  requirePassword: (id: string) => call<Changed>("POST", of(id, "require-password")),
  restore: (id: string) => call<Changed>("POST", of(id, "restore")),
  remove: (id: string) => call<Deletion>("DELETE", of(id)),
  invitations: (query: Query) => call<Schemas["InvitationsData"]>("GET", "invitations", query),
  invite: (body: object) => call<Schemas["InvitedData"]>("POST", "invitations", {}, body),
  withdraw: (id: string) => call<object>("DELETE", `invitations/${encodeURIComponent(id)}`),
  audit: (query: Query) => call<Schemas["AuditRecordsData"]>("GET", "audit", query),
  status: () => call<Status>("GET", "status"),
};
