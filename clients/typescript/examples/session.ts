import { createAuthClient, type User } from "@auth-service/client";

const auth = createAuthClient({ baseUrl: "/api", transport: "cookie" });

/** Renders the current user, now and after each change in this tab or another. */
export async function start(render: (user: User | null, expired: boolean) => void) {
  let known = false;
  const stop = auth.onSessionChange(({ user, reason }) => {
    known = true;
    render(user, reason === "expired");
  });
  const me = await auth.me();
  // Any other error, such as NETWORK_ERROR, does not mean that nobody is signed in.
  if (!known && !me.ok && me.error.code === "TOKEN_REQUIRED") render(null, false);
  return stop;
}
