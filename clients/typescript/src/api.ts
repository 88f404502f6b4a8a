// The types of the API, as docs/openapi.json has them.
import type { components, paths } from "./openapi.js";

export type User = components["schemas"]["User"];
export type Session = components["schemas"]["Session"];
export type FieldError = components["schemas"]["FieldError"];

export type Path = keyof paths;
export type Method = "get" | "post" | "delete";

/** The methods of a path. */
export type MethodOf<P extends Path> = {
  [M in Method]: paths[P][M] extends undefined ? never : M;
}[Method];

type Responses<P extends Path, M extends Method> = paths[P][M] extends { responses: infer R } ? R : never;
type Json<T> = T extends { content: { "application/json": infer J } } ? J : never;
type Good = 200 | 201 | 202 | 206;

type Accepted<A> = A extends { code: infer Code; data: infer Data } ? { ok: true; code: Code; data: Data } : never;
type Code<A> = A extends { code: infer C extends string } ? C : never;

/** The error codes of an endpoint. */
export type CodeOf<P extends Path, M extends Method> = Code<
  Json<Responses<P, M>[Exclude<keyof Responses<P, M>, Good>]>
>;

/** The response of an endpoint: its data, or an error as a value. */
export type Answer<P extends Path, M extends Method> =
  Accepted<Json<Responses<P, M>[Extract<keyof Responses<P, M>, Good>]>> | { ok: false; error: AuthError<CodeOf<P, M>> };

/** The body that an endpoint takes. */
export type BodyOf<P extends Path, M extends Method> = paths[P][M] extends {
  requestBody?: { content: { "application/json": infer B } };
}
  ? B
  : never;

/**
 * Codes of the client itself: the service could not be reached or did not respond in time; the response did not come
 * from the service; or the client uses cookies and the service does not (`AUTH_COOKIES`).
 */
export type ClientCode = "NETWORK_ERROR" | "UNEXPECTED_ANSWER" | "COOKIES_OFF";

/** Why a request was refused or failed. */
export interface AuthError<C extends string = string> {
  /** Stable; docs/errors.md lists them. */
  code: C | ClientCode;
  /** The HTTP status, or 0 if there was no response. */
  status: number;
  /** A sentence for the user: what happened, and what to do next. */
  message: string;
  /** What the code means and how to fix it, for developers. */
  hint?: string;
  /** The id of the request in the log of the service. */
  requestId?: string;
  /** With `VALIDATION_FAILED`: every field that is wrong. */
  errors?: FieldError[];
  /** With `USER_EXISTS` and `EMAIL_EXISTS`: the field that is taken, a JSON pointer. */
  field?: string;
  /** With `PASSWORD_POLICY`: the rules that the password breaks. */
  reasons?: string[];
  /** With `REAUTHENTICATION_REQUIRED`: the greatest age of a login, in seconds. */
  maxAge?: number;
  /** With `RATE_LIMITED`, `OVERLOADED` and `UNAVAILABLE`: seconds to wait. */
  retryAfter?: number;
  /** With `ACCOUNT_DELETION_SCHEDULED`: until when `login` with `restore: true` restores the account, in RFC 3339. */
  restorableUntil?: string;
}

/** The result of a call: its data, or an error. Nothing is thrown. */
export type Result<T, C extends string = string> = { ok: true; data: T } | { ok: false; error: AuthError<C> };
