import { useEffect, useState } from "preact/hooks";
import { words } from "../errors.js";
import { auth, type Provider, providers, providerUrl, publicPage } from "../session.js";
import { settings } from "../settings.js";
import { date, text } from "../texts.js";
import { Alert, Field, Form, Notice, Title, To } from "../ui.js";
import type { Flow } from "./flow.js";

/** A sign-in to an account that is going to be deleted, with which its user can restore it. */
interface Deleted {
  email: string;
  password: string;
  restorableUntil: string;
}

/** Sign-in with a password or a provider. */
export function Login({ flow }: { flow: Flow }) {
  const [deleted, setDeleted] = useState<Deleted>();
  async function send({ email = "", password = "" }: Record<string, string>) {
    flow.say();
    setDeleted(undefined);
    const outcome = await auth.login({ email, password });
    if (outcome.status !== "failed") return flow.proceed(outcome, email);
    const { code, restorableUntil } = outcome.error;
    if (code !== "ACCOUNT_DELETION_SCHEDULED" || !restorableUntil) return words(outcome.error);
    setDeleted({ email, password, restorableUntil });
    return undefined;
  }
  async function restore({ email, password }: Deleted) {
    const outcome = await auth.login({ email, password, restore: true });
    return outcome.status === "failed" ? words(outcome.error) : flow.proceed(outcome, email);
  }
  return (
    <>
      <Title>{text("login.title")}</Title>
      <Alert problem={flow.problem} />
      <Notice>{flow.notice}</Notice>
      <Form send={send} submit={text("login.submit")}>
        {(problem) => (
          <>
            <Field label={text("field.name")} name="email" autoComplete="username" inputMode="email" problem={problem} value={flow.email} />
            <Field label={text("field.password")} name="password" type="password" autoComplete="current-password" problem={problem} />
          </>
        )}
      </Form>
      {deleted && (
        <section>
          <Notice>{text("login.deletion_scheduled", { date: date(deleted.restorableUntil) })}</Notice>
          <Form send={() => restore(deleted)} submit={text("login.restore")}>
            {() => null}
          </Form>
        </section>
      )}
      <p class="aside">
        <To page="recover">{text("login.forgot")}</To>
      </p>
      <ProviderLinks />
      <p class="switch">
        {text("login.no_account")} <To page="register">{text("login.register")}</To>
      </p>
    </>
  );
}

/** A button for each configured provider. */
export function ProviderLinks({ invitation = "" }: { invitation?: string }) {
  const [found, setFound] = useState<Provider[]>([]);
  useEffect(() => void providers().then(setFound), []);
  if (!found.length) return null;
  const finish = (provider: string) => {
    const page = publicPage("finish", { provider, redirect: settings.redirect });
    // A longer one is refused; then the sign-in ends at the account.
    return providerUrl(provider, page.length <= 1024 ? page : publicPage("finish", { provider }), { invitation });
  };
  return (
    <div class="providers">
      <p class="or">
        <span>{text("common.or")}</span>
      </p>
      {found.map((provider) => (
        <a key={provider.name} class="button" href={finish(provider.name)}>
          <ProviderIcon provider={provider} /> {text("login.with", { provider: provider.displayName })}
        </a>
      ))}
    </div>
  );
}

export const ProviderIcon = ({ provider: { icon, displayName } }: { provider: Provider }) =>
  icon ? (
    <img class="provider" src={icon} alt="" width="20" height="20" />
  ) : (
    <span class="provider" aria-hidden="true">
      {[...displayName][0]?.toUpperCase()}
    </span>
  );
