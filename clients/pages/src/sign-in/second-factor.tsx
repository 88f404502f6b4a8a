import { useState } from "preact/hooks";
import { type Problem, words } from "../errors.js";
import { auth, type Method, type Step, type User } from "../session.js";
import { text } from "../texts.js";
import { Act, Alert, CodeField, Field, Form, Notice } from "../ui.js";

export interface PendingFactor extends Step {
  methods: string[];
  primary: string | null;
  tempToken?: string | undefined;
}

interface Props {
  step: PendingFactor;
  /** Gets the user after a sign-in, and nothing after a reauthentication. */
  done: (user?: User) => Promise<Problem | undefined | void> | void;
  /** A recovery code is accepted too. */
  recovery?: boolean;
}

/** Asks for a second factor. The other ways are one click away. */
export function SecondFactor({ step, done, recovery = true }: Props) {
  const all: Method[] = [...(step.methods as Method[]), ...(recovery ? (["recovery"] as const) : [])];
  const [method, setMethod] = useState<Method>((step.primary as Method | null) ?? all[0] ?? "app");
  const [mailed, setMailed] = useState(step.primary === "email");
  const [problem, setProblem] = useState<Problem>();
  const [notice, setNotice] = useState("");

  async function mail(again: boolean) {
    setNotice("");
    const sent = await auth.sendLoginCode(step);
    setProblem(sent.ok ? undefined : words(sent.error));
    if (sent.ok) setMailed(true);
    if (sent.ok && again) setNotice(text("factor.sent"));
  }
  async function choose(next: Method) {
    setMethod(next);
    setProblem(undefined);
    setNotice("");
    if (next === "email" && !mailed) await mail(false);
  }
  async function send(values: Record<string, string>) {
    const outcome = await auth.verifySecondFactor(step, method, values.otpCode ?? values.recoveryCode ?? "");
    if (outcome.status === "failed") return codeProblem(words(outcome.error), method);
    return done(outcome.status === "signed_in" ? outcome.user : undefined);
  }
  return (
    <>
      <p>{text(`factor.${method}`)}</p>
      <Alert problem={problem} />
      <Notice>{notice}</Notice>
      <Form key={method} send={send} submit={text("factor.submit")}>
        {(wrong) =>
          method === "recovery" ? (
            <Field label={text("field.recovery_code")} name="recoveryCode" autoComplete="off" problem={wrong} autoFocus />
          ) : (
            <CodeField problem={wrong} />
          )
        }
      </Form>
      {method === "email" && (
        <Act kind="link" run={() => mail(true)}>
          {text("factor.resend")}
        </Act>
      )}
      {all.length > 1 && (
        <div class="others">
          <h2>{text("factor.other")}</h2>
          <ul>
            {all
              .filter((other) => other !== method)
              .map((other) => (
                <li key={other}>
                  <Act kind="link" run={() => choose(other)}>
                    {text(`factor.use_${other}`)}
                  </Act>
                </li>
              ))}
          </ul>
        </div>
      )}
    </>
  );
}

/** Shows what is wrong with a code beside it. */
export function codeProblem(wrong: Problem, method: Method = "app"): Problem {
  const name = method === "recovery" ? "recoveryCode" : "otpCode";
  return wrong.message && !Object.keys(wrong.fields).length ? { fields: { [name]: wrong.message } } : wrong;
}
