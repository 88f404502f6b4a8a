import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createAuthClient } from "../../dist/index.js";
import { createVerifier } from "../../dist/verify.js";
import { appCodes, mailedCode, newName, password, SHORT_LIFE, shortUrl, url } from "../live-service.mjs";

const bearer = (baseUrl = url) => createAuthClient({ baseUrl, transport: "bearer" });
const good = ({ ok, data, error }) => (ok ? data : assert.fail(error.code));

async function registered(auth) {
  const username = newName();
  const email = `${username}@example.org`;
  const { user } = good(await auth.register({ username, email, password }));
  return { username, email, user };
}

async function signedIn(baseUrl) {
  const auth = bearer(baseUrl);
  const account = await registered(auth);
  assert.equal((await auth.login({ username: account.username, password })).status, "signed_in");
  return { auth, ...account };
}

test("register, log in, profile, sessions, log out", async () => {
  const auth = bearer();
  const { username, email, user } = await registered(auth);
  const again = await auth.register({ username, email, password });
  assert.deepEqual([again.error.code, again.error.status, again.error.field], ["USER_EXISTS", 400, "/username"]);
  const wrong = await auth.login({ username, password: "wrong password" });
  assert.deepEqual([wrong.status, wrong.error.code], ["failed", "INVALID_PASSWORD"]);
  const invalid = await auth.register({ email: "x", password });
  assert.deepEqual([invalid.error.code, invalid.error.errors[0].field], ["VALIDATION_FAILED", "/email"]);
  assert.equal((await auth.me()).error.code, "TOKEN_REQUIRED");

  const outcome = await auth.login({ email, password });
  assert.deepEqual([outcome.status, outcome.user.id], ["signed_in", user.id]);
  assert.equal(good(await auth.me()).username, username);
  const other = bearer();
  await other.login({ email, password });
  const { sessions } = good(await auth.sessions.list());
  assert.equal(sessions.length, 2);
  good(await auth.sessions.revoke(sessions.find(({ current }) => !current).id));
  const changes = [];
  other.onSessionChange((change) => changes.push(change.reason));
  assert.equal((await other.me()).error.code, "UNAUTHORIZED");
  assert.deepEqual(changes, ["expired"]);
  good(await auth.logout());
  assert.equal((await auth.me()).error.code, "TOKEN_REQUIRED");
});

test("a second factor is set up, asked for, and asked for again before the account is deleted", async () => {
  const { auth, username } = await signedIn();
  const { secret } = good(await auth.twoFactor.setUpApp());
  const [first, second, third] = await appCodes(secret);
  const wrong = first === "000000" ? "000001" : "000000";
  assert.equal((await auth.twoFactor.verifySetUp("app", wrong)).error.code, "OTP_INVALID");
  const { recoveryCodes } = good(await auth.twoFactor.verifySetUp("app", first));
  assert.equal(recoveryCodes.length, 10);

  const later = bearer();
  const step = await later.login({ username, password });
  assert.deepEqual([step.status, step.methods, step.primary], ["two_factor_required", ["app"], "app"]);
  assert.equal((await later.me()).error.code, "TOKEN_REQUIRED");
  const refused = await later.verifySecondFactor(step, "app", wrong);
  assert.deepEqual([refused.status, refused.error.code], ["failed", "OTP_INVALID"]);
  assert.equal((await later.verifySecondFactor(step, "app", second)).status, "signed_in");

  const proof = await later.reauthenticate({ password });
  assert.equal(proof.status, "two_factor_required");
  assert.equal((await later.verifySecondFactor(proof, "app", third)).status, "reauthenticated");
  const again = await later.reauthenticate({ password });
  assert.equal((await later.verifySecondFactor(again, "recovery", recoveryCodes[0])).status, "reauthenticated");
  assert.equal(good(await later.twoFactor.list()).recoveryCodesLeft, 9);
  good(await later.deleteAccount());
  assert.equal((await later.login({ username, password })).error.code, "INVALID_CREDENTIALS");
});

test("an address is proved and a password recovered by mail", async () => {
  const { auth, email } = await signedIn();
  const user = good(await auth.verifyEmail(await mailedCode("verify-email", email)));
  assert.equal(user.emailVerified, true);
  const forgetful = bearer();
  const sent = good(await forgetful.recovery.start(email));
  const verified = good(await forgetful.recovery.verify(sent, await mailedCode("password-reset", email)));
  const changed = { password: "another correct horse", confirmPassword: "another correct horse" };
  assert.equal((await forgetful.recovery.setPassword(verified, changed)).status, "signed_in");
  assert.equal((await forgetful.me()).ok, true);
  assert.equal((await auth.me()).error.code, "UNAUTHORIZED", "a reset ends the other sessions");
});

test("an expired access token is replaced, whoever notices first", async () => {
  const { auth } = await signedIn(shortUrl);
  for (let round = 0; round < 2; round++) {
    await sleep(SHORT_LIFE);
    const answers = await Promise.all(Array.from({ length: 10 }, () => auth.me()));
    assert.deepEqual(answers.map(({ error }) => error?.code).filter(Boolean), []);
  }
});

test("the access token verifies with the keys of the service", async () => {
  const { auth, user } = await signedIn();
  const verify = createVerifier({ issuer: url, audience: url });
  const { ok, claims, error } = await verify(await auth.accessToken());
  assert.ok(ok, error?.message);
  assert.deepEqual([claims.sub, claims.roles, claims.amr], [user.id, ["user"], ["pwd"]]);
  const wrong = createVerifier({ issuer: url, audience: "https://elsewhere.test" });
  assert.equal((await wrong(await auth.accessToken())).error.code, "ACCESS_TOKEN_INVALID");
  const response = await auth.fetch(`${url}/auth/me`);
  assert.equal((await response.json()).code, "USER_FETCHED");
});
