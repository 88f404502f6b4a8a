// The steps of a sign-in after its first form, and the recovery of a password.
import { useEffect, useState } from "preact/hooks";
import { codeWords, problem, words } from "../errors.js";
import { show } from "../router.js";
import { auth, type Step } from "../session.js";
import { text } from "../texts.js";
import { Act, CodeField, Field, Form, Loading, NewPassword, Notice, Title, To } from "../ui.js";
import type { Flow } from "./flow.js";
import { codeProblem, SecondFactor } from "./second-factor.js";

const Back = () => (
  <p class="switch">
    <To page="login">{text("common.back_to_sign_in")}</To>
  </p>
);

/** After a reload there is no step to go on with. */
function StartAgain() {
  useEffect(() => show("login", true), []);
  return <Loading />;
}

export function Code({ flow }: { flow: Flow }) {
  if (!flow.factor) return <StartAgain />;
  return (
    <>
      <Title>{text("factor.title")}</Title>
      <SecondFactor step={flow.factor} done={() => flow.end()} />
      <Back />
    </>
  );
}

/** Proves an address: before a sign-in that needs it, or after registering. */
export function Verify({ flow }: { flow: Flow }) {
  const waiting = flow.verification;
  const [step, setStep] = useState(waiting?.step);
  const [notice, setNotice] = useState("");
  if (!waiting) return <StartAgain />;
  async function send({ otpCode = "" }: Record<string, string>) {
    const verified = await auth.verifyEmail(otpCode, step);
    if (!verified.ok) return codeProblem(words(verified.error));
    if (!step) return flow.end();
    flow.say(text("login.verified"));
    show("login");
  }
  async function resend() {
    const sent = await auth.resendVerification(step);
    if (sent.ok && step && "expiresIn" in sent.data) setStep(sent.data as Step);
    setNotice(sent.ok ? text("factor.sent") : (words(sent.error).message ?? text("error.unknown")));
  }
  return (
    <>
      <Title>{text("verify.title")}</Title>
      <p>{waiting.email ? text("verify.intro", { email: waiting.email }) : text("verify.intro_unnamed")}</p>
      <Notice>{notice}</Notice>
      <Form send={send} submit={text("verify.submit")}>
        {(wrong) => <CodeField problem={wrong} />}
      </Form>
      <Act kind="link" run={resend}>
        {text("factor.resend")}
      </Act>
      {step ? (
        <Back />
      ) : (
        <p class="switch">
          <Act kind="link" run={() => flow.end()}>
            {text("verify.later")}
          </Act>
        </p>
      )}
    </>
  );
}

/** A forgotten password: an address, the mailed code, a new password. */
export function Recover({ flow }: { flow: Flow }) {
  const [email, setEmail] = useState("");
  const [coded, setCoded] = useState<Step>();
  const [verified, setVerified] = useState<Step>();

  async function start(values: Record<string, string>) {
    const begun = await auth.recovery.start(values.email ?? "");
    if (!begun.ok) return emailProblem(words(begun.error));
    setEmail(values.email ?? "");
    setCoded(begun.data);
  }
  async function check({ otpCode = "" }: Record<string, string>) {
    if (!coded) return undefined;
    const checked = await auth.recovery.verify(coded, otpCode);
    if (!checked.ok) return codeProblem(words(checked.error));
    setVerified(checked.data);
  }
  async function save({ password = "" }: Record<string, string>) {
    if (!verified) return undefined;
    const outcome = await auth.recovery.setPassword(verified, { password, confirmPassword: password });
    if (outcome.status === "failed") return words(outcome.error);
    return flow.proceed(outcome, email);
  }
  if (verified) {
    return (
      <>
        <Title>{text("recover.new_title")}</Title>
        <Form key="new" send={save} submit={text("recover.new_submit")}>
          {(wrong) => (
            <>
              <input type="hidden" name="username" autocomplete="username" value={email} />
              <NewPassword name="password" label={text("field.new_password")} problem={wrong} />
            </>
          )}
        </Form>
        <Back />
      </>
    );
  }
  if (coded) {
    return (
      <>
        <Title>{text("recover.code_title")}</Title>
        <p>{text("recover.code_intro", { email })}</p>
        <Form key="code" send={check} submit={text("common.continue")}>
          {(wrong) => <CodeField problem={wrong} />}
        </Form>
        <Back />
      </>
    );
  }
  return (
    <>
      <Title>{text("recover.title")}</Title>
      <p>{text("recover.intro")}</p>
      <Form key="start" send={start} submit={text("recover.submit")}>
        {(wrong) => (
          <Field
            label={text("field.email")}
            name="email"
            type="email"
            autoComplete="username"
            inputMode="email"
            problem={wrong}
            value={flow.email.includes("@") ? flow.email : ""}
          />
        )}
      </Form>
      <Back />
    </>
  );
}

const emailProblem = (wrong: ReturnType<typeof words>) =>
  wrong.message ? { fields: { email: wrong.message } } : wrong;

/** Where a provider sends the browser back to. */
export function Finish({ flow }: { flow: Flow }) {
  useEffect(() => {
    async function finish() {
      const provider = new URLSearchParams(location.search).get("provider") ?? "";
      const outcome = await auth.providers.finish(provider, location.href);
      if (outcome.status === "two_factor_required" || outcome.status === "email_verification_required") {
        return flow.proceed(outcome, "");
      }
      if (outcome.status === "failed") {
        const cookies = outcome.error.code === "TOKEN_REQUIRED";
        flow.say("", problem(cookies ? text("error.cookies") : codeWords(outcome.error.code)));
        return show("login", true);
      }
      const wrong = await flow.end();
      if (wrong) {
        flow.say("", wrong);
        show("login", true);
      }
    }
    void finish();
  }, []);
  return (
    <>
      <Title>{text("finish.title")}</Title>
      <Loading />
    </>
  );
}
