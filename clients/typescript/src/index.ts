import { type AuthClient, createClient } from "./client.js";
import type { ClientOptions } from "./core.js";

export type { AuthError, ClientCode, FieldError, Result, Session, User } from "./api.js";
export type { AuthClient } from "./client.js";
export type { ClientOptions } from "./core.js";
export type * from "./outcomes.js";
export type { SessionChange } from "./session.js";
export type { TokenStorage } from "./storage.js";

/** Creates a client. A page needs one. */
export const createAuthClient = (options: ClientOptions): AuthClient => createClient(options);
