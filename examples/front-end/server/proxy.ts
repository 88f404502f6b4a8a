// Next.js: proxy.ts (middleware.ts before Next 16). A server component reads (await headers()).get("x-user-id").
// Do not export a `matcher`: on a page that it leaves out, a component would trust an x-user-id from the client.
import { type NextRequest, NextResponse } from "next/server";
import { again, sessionOf } from "./session";

// The last entry, added by your own proxy in front of Next.js. Without a proxy, clients set this header themselves.
function addressOf(request: NextRequest): string | undefined {
  if (process.env.BEHIND_PROXY !== "1") return undefined;
  return request.headers.get("x-forwarded-for")?.split(",").at(-1)?.trim();
}

export async function proxy(request: NextRequest) {
  const { user, cookies } = await sessionOf(request, addressOf(request));
  if (cookies.length > 0) return again(request, cookies);
  const headers = new Headers(request.headers);
  headers.delete("x-user-id"); // Remove what the client claims about itself.
  if (user) headers.set("x-user-id", user.id);
  return NextResponse.next({ request: { headers } });
}
