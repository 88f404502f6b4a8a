// A sign-in from its first form to its end.
import { useState } from "preact/hooks";
import type { LoginOutcome } from "@auth-service/client";
import { type Problem, problem } from "../errors.js";
import { leave, show } from "../router.js";
import { keepsCookies, type Step, type User } from "../session.js";
import { settings } from "../settings.js";
import { text } from "../texts.js";
import type { PendingFactor } from "./second-factor.js";

/** What a sign-in waits for, and how it goes on. */
export interface Flow {
  factor: PendingFactor | undefined;
  verification: { step?: Step | undefined; email: string } | undefined;
  email: string;
  notice: string;
  problem: Problem | undefined;
  /** Whether the way back to where the visitor came from is a circle. */
  circling: boolean;
  say: (notice?: string, problem?: Problem) => void;
  verify: (email: string, step?: Step) => void;
  /** Goes on after a password or a provider was accepted. `isNew`: the account was created just now. */
  proceed: (outcome: Exclude<LoginOutcome, { status: "failed" }>, email: string, isNew?: boolean) => Promise<Problem | undefined>;
  /** Ends where the visitor wants to be. `arriving`: they were signed in when they came. */
  end: (arriving?: boolean) => Promise<Problem | undefined>;
}

export function useFlow(): Flow {
  const [factor, setFactor] = useState<PendingFactor>();
  const [verification, setVerification] = useState<Flow["verification"]>();
  const [email, setEmail] = useState("");
  const [said, setSaid] = useState<{ notice: string; problem?: Problem | undefined }>({ notice: "" });
  const [circling, setCircling] = useState(false);

  async function end(arriving = false) {
    if (!(await keepsCookies())) return problem(text("error.cookies"));
    setFactor(undefined);
    setVerification(undefined);
    setEmail("");
    setSaid({ notice: "" });
    if (!settings.redirect) show("", true);
    else if (!leave(settings.redirect, arriving)) setCircling(true);
    return undefined;
  }
  const verify = (address: string, step?: Step) => {
    setVerification({ email: address, step });
    show("verify");
  };
  return {
    factor,
    verification,
    email,
    circling,
    ...said,
    problem: said.problem,
    say: (notice = "", problem) => setSaid({ notice, problem }),
    verify,
    end,
    async proceed(outcome, name, isNew) {
      setEmail(name);
      if (outcome.status === "two_factor_required") {
        setFactor(outcome);
        show("code");
      } else if (outcome.status === "email_verification_required") {
        verify(name.includes("@") ? name : "", outcome);
      } else if (isNew && !outcome.user?.emailVerified && (await keepsCookies())) {
        verify((outcome.user as User).email);
      } else {
        return end();
      }
      return undefined;
    },
  };
}
