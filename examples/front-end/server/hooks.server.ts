// SvelteKit: src/hooks.server.ts
import type { Handle } from "@sveltejs/kit";
import type { User } from "../src/auth";
import { sessionOf } from "./session";

declare global {
  namespace App {
    interface Locals {
      user: User | null;
    }
  }
}

export const handle: Handle = async ({ event, resolve }) => {
  const { user, cookies } = await sessionOf(event.request, event.getClientAddress());
  event.locals.user = user;
  const answer = await resolve(event);
  for (const cookie of cookies) answer.headers.append("set-cookie", cookie);
  return answer;
};
