import { type FormEvent, useEffect, useState } from "react";
import { type LoggedIn, login, logout, me, Refusal, register, type User, verify, verifyEmail } from "./auth";

export function App() {
  const [user, setUser] = useState<User | null>(); // undefined: not known yet
  const [step, setStep] = useState<"app" | "email" | "address">(); // what a code is for
  const [problem, setProblem] = useState("");
  useEffect(() => void me().then(setUser), []);

  function next(outcome: LoggedIn) {
    if (outcome.code === "USER_LOGGED_IN") setUser(outcome.user);
    else setStep(outcome.code === "TWOFA_REQUIRED" ? outcome.primary : "address");
  }
  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const { email, password, code } = Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>;
    const { value } = (event.nativeEvent as SubmitEvent).submitter as HTMLButtonElement;
    try {
      if (value === "register") await register(email, password);
      if (step === "address") {
        await verifyEmail(code);
        setStep(undefined);
        return setProblem("Your address is verified. Please sign in.");
      }
      next(await (step ? verify(step, code) : login(email, password)));
    } catch (refusal) {
      setProblem(refusal instanceof Refusal ? refusal.code : "Please try again.");
    }
  }

  if (user === undefined) return null;
  if (user) return <p>Signed in as {user.email} <button onClick={() => logout().then(() => location.reload())}>Sign out</button></p>;
  return (
    <form onSubmit={submit}>
      <p role="alert">{problem}</p>
      {step ? <input name="code" placeholder="Code" autoComplete="one-time-code" /> : <>
        <input name="email" type="email" placeholder="E-mail address" autoComplete="username" />
        <input name="password" type="password" placeholder="Password" autoComplete="current-password" /></>}
      <button value="login">Sign in</button>
      {!step && <button value="register">Create account</button>}
    </form>
  );
}
