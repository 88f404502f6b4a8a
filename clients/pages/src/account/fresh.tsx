// Asking again who is there, in place, before what changes an account.
import type { ComponentChildren } from "preact";
import { createContext } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import type { AuthError, Result } from "@auth-service/client";
import { type Problem, words } from "../errors.js";
import { auth, type Provider, providers, providerUrl, publicPage, type User } from "../session.js";
import { codeProblem, type PendingFactor, SecondFactor } from "../sign-in/second-factor.js";
import { text } from "../texts.js";
import { Act, Alert, Dialog, Field, Form } from "../ui.js";

/** An act of the client: its result, or an outcome with a status. */
type Acted = Result<unknown> | { status: string; error?: AuthError };

const refusal = (acted: Acted): AuthError | undefined => ("ok" in acted ? (acted.ok ? undefined : acted.error) : acted.error);

/** Runs an act. If it needs a fresh login, asks for one in a dialog and runs the act again. */
export type Fresh = <T extends Acted>(act: () => Promise<T>) => Promise<T>;

const Context = createContext<Fresh>((act) => act());

export const useFresh = () => useContext(Context);

/** Lets what is inside ask for a fresh login. */
export function FreshLogin({ user, children }: { user: User; children: ComponentChildren }) {
  const [asking, setAsking] = useState(false);
  const waiting = useRef<{ answer: Promise<boolean>; settle: (fresh: boolean) => void } | undefined>(undefined);
  const settle = (fresh: boolean) => {
    setAsking(false);
    waiting.current?.settle(fresh);
    waiting.current = undefined;
  };
  /** Asks once for all acts that wait. */
  function ask(): Promise<boolean> {
    if (!waiting.current) {
      let settled = (_: boolean) => {};
      const answer = new Promise<boolean>((resolve) => {
        settled = resolve;
      });
      waiting.current = { answer, settle: settled };
      setAsking(true);
    }
    return waiting.current.answer;
  }
  const fresh: Fresh = async (act) => {
    const acted = await act();
    if (refusal(acted)?.code !== "REAUTHENTICATION_REQUIRED") return acted;
    return (await ask()) ? act() : acted;
  };
  return (
    <Context.Provider value={fresh}>
      {children}
      {asking && (
        <Dialog title={text("fresh.title")} close={() => settle(false)}>
          <Prove user={user} done={() => settle(true)} />
          <Act kind="link" run={async () => settle(false)}>
            {text("common.cancel")}
          </Act>
        </Dialog>
      )}
    </Context.Provider>
  );
}

/** Asks for the password, a mailed code or a provider, and then for a second factor if the account has one. */
function Prove({ user, done }: { user: User; done: () => void }) {
  const [step, setStep] = useState<PendingFactor>();
  const [problem, setProblem] = useState<Problem>();
  async function prove(body: { password?: string }): Promise<Problem | undefined> {
    const outcome = await auth.reauthenticate(body);
    if (outcome.status === "failed") return passwordProblem(words(outcome.error));
    if (outcome.status === "two_factor_required") setStep(outcome);
    else done();
    return undefined;
  }
  if (step) return <SecondFactor step={step} done={done} recovery={user.twoFa.enabled} />;
  if (user.hasPassword) {
    return (
      <>
        <p>{text("fresh.password")}</p>
        <Form send={({ password = "" }) => prove({ password })} submit={text("common.continue")}>
          {(wrong) => (
            <>
              <input type="hidden" name="username" autocomplete="username" value={user.email} />
              <Field label={text("field.password")} name="password" type="password" autoComplete="current-password" problem={wrong} autoFocus />
            </>
          )}
        </Form>
      </>
    );
  }
  return (
    <>
      <Alert problem={problem} />
      {user.emailVerified && (
        <>
          <p>{text("fresh.mail")}</p>
          <Act kind="main" run={async () => setProblem(await prove({}))}>
            {text("fresh.send")}
          </Act>
        </>
      )}
      <ByProvider names={user.linkedProviders} />
    </>
  );
}

const passwordProblem = (wrong: Problem): Problem =>
  wrong.message ? { fields: { password: wrong.message }, message: undefined } : wrong;

function ByProvider({ names }: { names: string[] }) {
  const [found, setFound] = useState<Provider[]>([]);
  useEffect(() => void providers().then(setFound), []);
  const back = publicPage(".", { fresh: "true" });
  return (
    <div class="providers">
      {found
        .filter(({ name }) => names.includes(name))
        .map(({ name, displayName }) => (
          <a key={name} class="button" href={providerUrl(name, back, { reauthenticate: true })}>
            {text("fresh.provider", { provider: displayName })}
          </a>
        ))}
    </div>
  );
}

/** Returns what a refused act says; nothing for one that the user gave up. */
export function problemOf(acted: Acted, passwordField?: string): Problem | undefined {
  const error = refusal(acted);
  return !error || error.code === "REAUTHENTICATION_REQUIRED" ? undefined : words(error, passwordField);
}

/** Tells whether the act was done. */
export const isDone = (acted: Acted) => !refusal(acted);

export { codeProblem };
