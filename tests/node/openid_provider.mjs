// A certified OpenID provider with its own login page, for one client and its native app.
//
//   node openid_provider.mjs CLIENT_ID CLIENT_SECRET REDIRECT_URI
//
// The app is the client "native-app", with the redirect URI http://127.0.0.1/callback.
// Prints "ready URL". Whoever signs in as NAME, with any password, has the subject NAME and the proved address
// NAME@example.org. A line "rotate" on stdin gives it another signing key; it answers "rotated".

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import Provider from "oidc-provider";

const [clientId, clientSecret, redirectUri] = process.argv.slice(2);
const cookieKey = randomBytes(32).toString("hex");

const nativeApp = {
  client_id: "native-app",
  application_type: "native",
  token_endpoint_auth_method: "none",
  redirect_uris: ["http://127.0.0.1/callback"],
};

function provider(issuer) {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: "jwk" }), kid: randomBytes(8).toString("hex"), use: "sig", alg: "RS256" };
  const made = new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri] }, nativeApp],
    jwks: { keys: [key] },
    cookies: { keys: [cookieKey] },
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({ sub, email: `${sub}@example.org`, email_verified: true }),
    }),
  });
  // Its login page imports a font from the Internet, and a browser shows no page before that has come or failed.
  made.use(async (context, next) => {
    await next();
    if (typeof context.body === "string") context.body = context.body.replace(/@import url\([^)]*\);/g, "");
  });
  return made;
}

let handle;
const server = createServer((request, response) => handle(request, response));
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  handle = provider(issuer).callback();
  console.log(`ready ${issuer}`);
  createInterface({ input: process.stdin }).on("line", (line) => {
    if (line === "rotate") {
      handle = provider(issuer).callback();
      console.log("rotated");
    }
  });
});
