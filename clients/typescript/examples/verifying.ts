import { createVerifier } from "@auth-service/client/verify";

const verifyAccessToken = createVerifier({
  issuer: "https://auth.example.org", // AUTH_PUBLIC_URL
  audience: "https://api.example.org", // AUTH_AUDIENCE
});

export async function handle(request: Request): Promise<Response> {
  const verified = await verifyAccessToken(request.headers.get("authorization"));
  if (!verified.ok) return Response.json({ code: verified.error.code }, { status: verified.error.status });
  return Response.json({ user: verified.claims.sub, roles: verified.claims.roles });
}
