import { useEffect, useState } from "preact/hooks";
import { words } from "../errors.js";
import { show } from "../router.js";
import { auth, type Provider, providers, providerUrl, publicPage } from "../session.js";
import { settings } from "../settings.js";
import { text } from "../texts.js";
import { Alert, Field, Form, Notice, Title, To } from "../ui.js";
import type { Flow } from "./flow.js";

/** Sign-in with a password or a provider. */
export function Login({ flow }: { flow: Flow }) {
  async function send({ email = "", password = "" }: Record<string, string>) {
    flow.say();
    const outcome = await auth.login({ email, password });
    if (outcome.status === "failed") return words(outcome.error);
    return flow.proceed(outcome, email);
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
export function ProviderLinks() {
  const [found, setFound] = useState<Provider[]>([]);
  useEffect(() => void providers().then(setFound), []);
  if (!found.length) return null;
  const finish = (provider: string) => {
    const page = publicPage("finish", { provider, redirect: settings.redirect });
    // A longer one is refused; then the sign-in ends at the account.
    return providerUrl(provider, page.length <= 1024 ? page : publicPage("finish", { provider }));
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

/** Creates an account and signs in. */
export function Register({ flow }: { flow: Flow }) {
  async function send({ email = "", username = "", password = "" }: Record<string, string>) {
    const registered = await auth.register({ email, password, ...(username.trim() ? { username } : {}) });
    if (!registered.ok) return words(registered.error);
    const outcome = await auth.login({ email, password });
    if (outcome.status !== "failed") return flow.proceed(outcome, email, true);
    // The service does not say whether the address had an account; its owner gets a mail.
    flow.say(text("login.check_mail"));
    show("login");
  }
  return (
    <>
      <Title>{text("register.title")}</Title>
      <Form send={send} submit={text("register.submit")}>
        {(problem) => (
          <>
            <Field label={text("field.email")} name="email" type="email" autoComplete="email" inputMode="email" problem={problem} />
            <Field label={text("field.username")} name="username" autoComplete="username" optional problem={problem} />
            <Field
              label={text("field.password")}
              name="password"
              type="password"
              autoComplete="new-password"
              problem={problem}
              hint={text("field.password_hint", { min: settings.passwordMin })}
            />
            {(settings.terms || settings.privacy) && <p class="hint consent">{text("register.consent")}</p>}
          </>
        )}
      </Form>
      <ProviderLinks />
      <p class="switch">
        {text("register.have_account")} <To page="login">{text("login.submit")}</To>
      </p>
    </>
  );
}
