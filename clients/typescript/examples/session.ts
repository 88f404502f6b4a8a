import { createAuthClient, type User } from "@auth-service/client";

const auth = createAuthClient({ baseUrl: "/api", transport: "cookie" });

/** Renders the current user, now and after each change in this tab or another. */
export async function start(render: (user: User | null, expired: boolean) => void) {
  const stop = auth.onSessionChange(({ user, reason }) => render(user, reason === "expired"));
  const me = await auth.me();
  if (!me.ok) render(null, false);
  return stop;
}
