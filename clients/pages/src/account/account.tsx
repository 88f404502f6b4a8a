import { problem } from "../errors.js";
import { show } from "../router.js";
import { auth, type User } from "../session.js";
import { service } from "../settings.js";
import { date, text } from "../texts.js";
import { Act, Title } from "../ui.js";
import { FreshLogin } from "./fresh.js";
import { Password, Profile } from "./profile.js";
import { Data, Deletion, Devices, LinkedAccounts } from "./rest.js";
import { TwoFactor } from "./two-factor.js";
import type { Flow } from "../sign-in/flow.js";

/** The account of the user who is signed in. */
export function Account({ user, flow }: { user: User; flow: Flow }) {
  async function signOut() {
    const ended = await auth.logout();
    flow.say("", ended.ok ? undefined : problem(text("error.NETWORK_ERROR")));
    if (ended.ok) show("login", true);
  }
  return (
    <FreshLogin user={user}>
      <div class="head">
        <Title>{text("account.title")}</Title>
        <div class="actions">
          {user.roles.includes("admin") && (
            <a class="plain" href={new URL("admin/", service).href}>
              {text("admin.title")}
            </a>
          )}
          <Act run={signOut}>{text("account.sign_out")}</Act>
        </div>
      </div>
      <Profile user={user} />
      <Password user={user} />
      <TwoFactor user={user} />
      <LinkedAccounts user={user} />
      <Devices />
      <Data />
      <Deletion
        user={user}
        deleted={(until) => flow.say(until ? text("login.deletion_scheduled", { date: date(until) }) : text("login.deleted"))}
      />
    </FreshLogin>
  );
}
