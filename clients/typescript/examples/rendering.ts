import { createServerClient } from "@auth-service/client/server";

/** Renders a page with `Request` and `Response`. */
export async function page(request: Request): Promise<Response> {
  const headers = new Headers({ "Content-Type": "text/html", "Cache-Control": "no-store" });
  const auth = createServerClient({
    baseUrl: "http://127.0.0.1:8080",
    headers: request.headers,
    setCookie: (cookie) => headers.append("Set-Cookie", cookie),
  });
  const me = await auth.me();
  if (!me.ok) return new Response(null, { status: 303, headers: { Location: "/login" } });
  return new Response(`<h1>Signed in as ${me.data.id}</h1>`, { headers });
}
