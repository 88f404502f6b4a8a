// The client of hey-api.
import { client } from "../generated/hey-api/client.gen";
import { getMe, login, verifyEmailLogin } from "../generated/hey-api";
import { credentials, nextLine, url } from "./terminal";

client.setConfig({ baseUrl: url });

async function main() {
  const refused = await login({ body: { ...credentials, password: "wrong" } });
  console.log(refused.error?.code);

  const { data: pending } = await login({ body: credentials });
  if (pending?.code !== "TWOFA_REQUIRED") throw new Error(pending?.code);
  console.log(pending.code, pending.data.methods.join());

  const { data: finished } = await verifyEmailLogin({
    auth: pending.data.tempToken,
    body: { otpCode: await nextLine() },
  });
  if (finished?.code !== "USER_LOGGED_IN") throw new Error(finished?.code);

  const { data: me } = await getMe({ auth: finished.data.tokens.accessToken });
  console.log(finished.code, me?.data.user.username);
}

main();
