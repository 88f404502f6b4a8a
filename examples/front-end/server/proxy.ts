// Next.js: proxy.ts (middleware.ts before Next 16). A server component reads (await headers()).get("x-user-id").
import { type NextRequest, NextResponse } from "next/server";
import { sessionOf } from "./session";

export async function proxy(request: NextRequest) {
  const { user, cookies } = await sessionOf(request, request.headers.get("x-forwarded-for") ?? "");
  const headers = new Headers(request.headers);
  headers.delete("x-user-id"); // Whatever a client says of itself.
  if (user) headers.set("x-user-id", user.id);
  const answer = NextResponse.next({ request: { headers } });
  for (const cookie of cookies) answer.headers.append("set-cookie", cookie);
  return answer;
}
