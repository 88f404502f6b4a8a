import { type FormEvent, useEffect, useState } from "react";
import { type LoggedIn, login, logout, me, Refusal, register, type User, verify } from "./auth";

export function App() {
  const [user, setUser] = useState<User | null>(); // undefined: not known yet
  const [factor, setFactor] = useState<"app" | "email">();
  const [problem, setProblem] = useState("");
  useEffect(() => void me().then(setUser), []);

  const next = (outcome: LoggedIn) => (outcome.code === "TWOFA_REQUIRED" ? setFactor(outcome.primary) : setUser(outcome.user));
  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const { email, password, code } = Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>;
    const { value } = (event.nativeEvent as SubmitEvent).submitter as HTMLButtonElement;
    try {
      if (value === "register") await register(email, password);
      next(await (factor ? verify(factor, code) : login(email, password)));
    } catch (refusal) {
      setProblem(refusal instanceof Refusal ? refusal.code : "Please try again.");
    }
  }

  if (user === undefined) return null;
  if (user) return <p>Signed in as {user.email} <button onClick={() => logout().then(() => location.reload())}>Sign out</button></p>;
  return (
    <form onSubmit={submit}>
      <p role="alert">{problem}</p>
      {factor ? <input name="code" placeholder="Code" autoComplete="one-time-code" /> : <>
        <input name="email" type="email" placeholder="E-mail address" autoComplete="username" />
        <input name="password" type="password" placeholder="Password" autoComplete="current-password" /></>}
      <button value="login">Sign in</button>
      {!factor && <button value="register">Create account</button>}
    </form>
  );
}
