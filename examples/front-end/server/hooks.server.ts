// SvelteKit: src/hooks.server.ts
import type { Handle } from "@sveltejs/kit";
import type { User } from "../src/auth";
import { again, sessionOf } from "./session";

declare global {
  namespace App {
    interface Locals {
      user: User | null;
    }
  }
}

export const handle: Handle = async ({ event, resolve }) => {
  const { user, cookies } = await sessionOf(event.request, event.getClientAddress());
  if (cookies.length > 0) return again(event.request, cookies);
  event.locals.user = user;
  return resolve(event);
};
