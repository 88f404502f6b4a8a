import { useEffect, useState } from "preact/hooks";
import { words } from "../errors.js";
import { auth, providers, type User } from "../session.js";
import { settings } from "../settings.js";
import { date, list, text } from "../texts.js";
import { Act, CodeField, Dialog, Field, Form, NewPassword, Notice } from "../ui.js";
import { codeProblem, problemOf, useFresh } from "./fresh.js";
import { Section, useSaid } from "./section.js";

type Body = Parameters<typeof auth.updateCredentials>[0];

/** A change of address or password, with its second factor where the account has one. */
function useUpdate(passwordField?: string) {
  const fresh = useFresh();
  const [waiting, setWaiting] = useState<string>();
  return {
    waiting,
    giveUp: () => setWaiting(undefined),
    /** Returns what is wrong, `true` when the change is made, `false` when it waits for a code or was given up. */
    async update(body: Body) {
      const outcome = await fresh(() => auth.updateCredentials(body));
      if (outcome.status === "code_required") setWaiting(outcome.method);
      if (outcome.status === "failed") return problemOf(outcome, passwordField) ?? false;
      return outcome.status === "updated";
    },
    async confirm(code: string) {
      const confirmed = await auth.confirmUpdate(code);
      if (!confirmed.ok) return codeProblem(words(confirmed.error));
      setWaiting(undefined);
      return undefined;
    },
  };
}

/** Asks for the second factor of a change. */
function Confirm({ method, send, close }: { method: string; send: (code: string) => Promise<ReturnType<typeof words> | undefined>; close: () => void }) {
  return (
    <Dialog title={text("factor.title")} close={close}>
      <p>{text(method === "email" ? "factor.email" : "factor.app")}</p>
      <Form
        send={({ otpCode = "" }) => send(otpCode)}
        submit={text("factor.submit")}
        after={<Cancel close={close} />}
      >
        {(wrong) => <CodeField problem={wrong} />}
      </Form>
    </Dialog>
  );
}

export const Cancel = ({ close }: { close: () => void }) => (
  <button type="button" class="plain" onClick={close}>
    {text("common.cancel")}
  </button>
);

export function Profile({ user }: { user: User }) {
  const { said, say } = useSaid();
  const [changing, setChanging] = useState(false);
  const change = useUpdate();
  async function send({ email = "" }: Record<string, string>) {
    say({});
    const updated = await change.update({ email });
    if (updated === true) setChanging(false);
    return typeof updated === "boolean" ? undefined : updated;
  }
  async function confirm(code: string) {
    const wrong = await change.confirm(code);
    if (!wrong) setChanging(false);
    return wrong;
  }
  return (
    <Section id="profile" title={text("profile.title")} said={said}>
      <dl>
        <div>
          <dt>{text("profile.email")}</dt>
          <dd>
            <span class="long">{user.email}</span>{" "}
            <span class={user.emailVerified ? "tag good" : "tag"}>
              {text(user.emailVerified ? "profile.verified" : "profile.unverified")}
            </span>
          </dd>
        </div>
        {user.username && (
          <div>
            <dt>{text("profile.username")}</dt>
            <dd class="long">{user.username}</dd>
          </div>
        )}
        <div>
          <dt>{text("profile.since")}</dt>
          <dd>{date(user.createdAt)}</dd>
        </div>
      </dl>
      <Pending user={user} />
      {changing ? (
        <Form send={send} submit={text("profile.save_email")} after={<Cancel close={() => setChanging(false)} />}>
          {(wrong) => (
            <Field label={text("profile.new_email")} name="email" type="email" autoComplete="email" inputMode="email" problem={wrong} autoFocus />
          )}
        </Form>
      ) : (
        <button type="button" class="plain" onClick={() => setChanging(true)}>
          {text("profile.change_email")}
        </button>
      )}
      {change.waiting && <Confirm method={change.waiting} send={confirm} close={change.giveUp} />}
    </Section>
  );
}

/** An address that waits for its code: a new one, or one that was never verified. */
function Pending({ user }: { user: User }) {
  const [notice, setNotice] = useState("");
  const [open, setOpen] = useState(false);
  const address = user.pendingEmail ?? (user.emailVerified ? undefined : user.email);
  if (!address) return null;
  async function send({ otpCode = "" }: Record<string, string>) {
    const verified = await auth.verifyEmail(otpCode);
    if (!verified.ok) return codeProblem(words(verified.error));
    setOpen(false);
    setNotice("");
  }
  async function resend() {
    const sent = await auth.resendVerification();
    setNotice(sent.ok ? text("factor.sent") : (words(sent.error).message ?? text("error.unknown")));
  }
  if (!open && !user.pendingEmail) {
    return (
      <button type="button" class="plain" onClick={() => setOpen(true)}>
        {text("profile.verify")}
      </button>
    );
  }
  return (
    <div class="box">
      <p>{text(user.pendingEmail ? "profile.pending" : "verify.intro", { email: address })}</p>
      <Notice>{notice}</Notice>
      <Form
        send={send}
        submit={text("verify.submit")}
        after={
          <Act kind="link" run={resend}>
            {text("factor.resend")}
          </Act>
        }
      >
        {(wrong) => (
          <Field label={text("field.code")} name="otpCode" autoComplete="one-time-code" inputMode="numeric" problem={wrong} />
        )}
      </Form>
    </div>
  );
}

export function Password({ user }: { user: User }) {
  const { said, say } = useSaid();
  const [changing, setChanging] = useState(false);
  const change = useUpdate("newPassword");
  const finished = () => {
    setChanging(false);
    say({ notice: text("password.changed") });
  };
  async function send({ oldPassword = "", newPassword = "" }: Record<string, string>) {
    say({});
    const updated = await change.update({ oldPassword, newPassword, confirmPassword: newPassword });
    if (updated === true) finished();
    if (typeof updated === "boolean") return undefined;
    // The service means the only password that it was given to check.
    return updated.message === text("error.INVALID_PASSWORD") ? { fields: { oldPassword: updated.message } } : updated;
  }
  async function confirm(code: string) {
    const wrong = await change.confirm(code);
    if (!wrong) finished();
    return wrong;
  }
  if (!user.hasPassword) return <NoPassword user={user} />;
  return (
    <Section id="password" title={text("password.title")} said={said}>
      {changing ? (
        <>
          <p>{text("password.note")}</p>
          <Form send={send} submit={text("password.save")} after={<Cancel close={() => setChanging(false)} />}>
            {(wrong) => (
              <>
                <input type="hidden" name="username" autocomplete="username" value={user.email} />
                <Field label={text("field.current_password")} name="oldPassword" type="password" autoComplete="current-password" problem={wrong} autoFocus />
                <NewPassword name="newPassword" label={text("field.new_password")} problem={wrong} />
              </>
            )}
          </Form>
        </>
      ) : (
        <>
          <p>{text("password.set")}</p>
          <button type="button" class="plain" onClick={() => setChanging(true)}>
            {text("password.change")}
          </button>
        </>
      )}
      {change.waiting && <Confirm method={change.waiting} send={confirm} close={change.giveUp} />}
    </Section>
  );
}


function NoPassword({ user }: { user: User }) {
  const [names, setNames] = useState<string[]>();
  useEffect(() => {
    const displayName = (found: Awaited<ReturnType<typeof providers>>, linked: string) =>
      found.find(({ name }) => name === linked)?.displayName ?? linked;
    void providers().then((found) => setNames(user.linkedProviders.map((linked) => displayName(found, linked))));
  }, [user]);
  return (
    <Section id="password" title={text("password.title")}>
      {names && <p>{text("password.none", { providers: list(names) || settings.product })}</p>}
    </Section>
  );
}
