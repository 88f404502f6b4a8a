// The client that openapi-generator makes for fetch.
import { AccountApi, AuthApi, Configuration, ResponseError, TwoFactorApi } from "../generated/typescript-fetch";
import { credentials, nextLine, url } from "./terminal";

const configuration = (accessToken = "") => new Configuration({ basePath: url, accessToken });

async function main() {
  const auth = new AuthApi(configuration());
  try {
    await auth.login({ loginBody: { ...credentials, password: "wrong" } });
  } catch (error) {
    if (!(error instanceof ResponseError)) throw error;
    console.log((await error.response.json()).code);
  }

  const login = await auth.login({ loginBody: credentials });
  if (login.code !== "TWOFA_REQUIRED") throw new Error(login.code);
  console.log(login.code, login.data.methods.join());

  const twoFactor = new TwoFactorApi(configuration(login.data.tempToken));
  const finished = await twoFactor.verifyEmailLogin({ loginCodeBody: { otpCode: await nextLine() } });
  if (finished.code !== "USER_LOGGED_IN") throw new Error(finished.code);

  const me = await new AccountApi(configuration(finished.data.tokens.accessToken)).getMe();
  console.log(finished.code, me.data.user.username);
}

main();
