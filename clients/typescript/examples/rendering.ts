import { createServerClient } from "@auth-service/client/server";

const baseUrl = "http://127.0.0.1:8080";

/** Renders a page with `Request` and `Response`. */
export async function page(request: Request): Promise<Response> {
  const headers = new Headers({ "Content-Type": "text/html", "Cache-Control": "no-store" });
  const redirect = (status: number, location: string) => {
    headers.set("Location", location);
    return new Response(null, { status, headers });
  };
  const me = await createServerClient({ baseUrl, headers: request.headers }).me(); // does not refresh
  if (me.ok) return new Response(`<h1>Signed in as ${me.data.id}</h1>`, { headers });
  if (["TOKEN_REQUIRED", "ACCESS_TOKEN_EXPIRED"].includes(me.error.code) && !isPrefetch(request)) {
    const setCookie = (cookie: string) => headers.append("Set-Cookie", cookie);
    const refreshed = await createServerClient({ baseUrl, headers: request.headers, setCookie }).refresh();
    // The browser asks again with the new cookies. This server must not use them before the browser has them.
    const { pathname, search } = new URL(request.url);
    if (refreshed.ok) return redirect(307, pathname.replace(/^\/+/, "/") + search);
    if (refreshed.error.status === 401 && refreshed.error.code !== "UNEXPECTED_ANSWER") return redirect(303, "/login");
  }
  if (me.error.code === "UNAUTHORIZED") return redirect(303, "/login");
  return new Response("Please try again.", { status: 503, headers });
}

const isPrefetch = ({ headers }: Request) =>
  /prefetch/.test(`${headers.get("sec-purpose")} ${headers.get("purpose")}`);
