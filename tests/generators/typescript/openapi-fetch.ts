// Types of openapi-typescript, calls of openapi-fetch.
import createClient from "openapi-fetch";
import type { paths } from "../generated/openapi-typescript";
import { credentials, nextLine, url } from "./terminal";

const client = createClient<paths>({ baseUrl: url });

async function main() {
  const refused = await client.POST("/auth/login", { body: { ...credentials, password: "wrong" } });
  console.log(refused.error?.code);

  const { data: login } = await client.POST("/auth/login", { body: credentials });
  if (login?.code !== "TWOFA_REQUIRED") throw new Error(login?.code);
  console.log(login.code, login.data.methods.join());

  const { data: finished } = await client.POST("/2fa/email/verify-login", {
    body: { otpCode: await nextLine() },
    headers: { Authorization: `Bearer ${login.data.tempToken}` },
  });
  if (finished?.code !== "USER_LOGGED_IN") throw new Error(finished?.code);

  const { data: me } = await client.GET("/auth/me", {
    headers: { Authorization: `Bearer ${finished.data.tokens.accessToken}` },
  });
  console.log(finished.code, me?.data.user.username);
}

main();
