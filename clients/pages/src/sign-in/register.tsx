import { useState } from "preact/hooks";
import { type Problem, words } from "../errors.js";
import { show } from "../router.js";
import { auth } from "../session.js";
import { invitation as invited, settings } from "../settings.js";
import { text } from "../texts.js";
import { Field, Form, NewPassword, Notice, Title, To } from "../ui.js";
import type { Flow } from "./flow.js";
import { ProviderLinks } from "./login.js";

const ABOUT_INVITATIONS = ["INVITATION_REQUIRED", "INVITATION_INVALID"];

/** Creates an account and signs in. */
export function Register({ flow }: { flow: Flow }) {
  const [invitation, setInvitation] = useState(invited.token);
  const [asking, setAsking] = useState(false);
  async function send({ email = "", username = "", password = "" }: Record<string, string>): Promise<Problem | undefined> {
    const token = invitation.trim();
    const registered = await auth.register({
      email,
      password,
      ...(username.trim() ? { username } : {}),
      ...(token ? { invitation: token } : {}),
    });
    if (!registered.ok) {
      const wrong = words(registered.error);
      if (!ABOUT_INVITATIONS.includes(registered.error.code)) return wrong;
      setAsking(true);
      return { fields: { invitation: wrong.message ?? "" } };
    }
    const outcome = await auth.login({ email, password });
    if (outcome.status !== "failed") return flow.proceed(outcome, email, true);
    // The service does not say whether the address had an account; its owner gets a mail.
    flow.say(text("login.check_mail"));
    show("login");
    return undefined;
  }
  const typed = (event: Event) => {
    const { name, value } = event.target as HTMLInputElement;
    if (name === "invitation") setInvitation(value);
  };
  return (
    <>
      <Title>{text("register.title")}</Title>
      <Notice>{invited.token && text("register.invited")}</Notice>
      <Form send={send} submit={text("register.submit")}>
        {(problem) => (
          <div onInput={typed}>
            {asking && <Field label={text("field.invitation")} name="invitation" autoComplete="off" problem={problem} value={invitation} autoFocus />}
            <Field label={text("field.email")} name="email" type="email" autoComplete="email" inputMode="email" problem={problem} value={invited.email} />
            <Field label={text("field.username")} name="username" autoComplete="username" optional problem={problem} />
            <NewPassword name="password" label={text("field.password")} problem={problem} />
            {(settings.terms || settings.privacy) && <p class="hint consent">{text("register.consent")}</p>}
          </div>
        )}
      </Form>
      {!asking && !invited.token && (
        <p class="aside">
          <button type="button" class="link" onClick={() => setAsking(true)}>
            {text("register.have_invitation")}
          </button>
        </p>
      )}
      <ProviderLinks invitation={invitation.trim()} />
      <p class="switch">
        {text("register.have_account")} <To page="login">{text("login.submit")}</To>
      </p>
    </>
  );
}
