// What an administrator may do to a user, each after a question.
import { useState } from "preact/hooks";
import type { Result } from "@auth-service/client";
import { Section, useSaid } from "../account/section.js";
import { date } from "../texts.js";
import { Field } from "../ui.js";
import { admin, type Deletion, type ManagedUser } from "./api.js";
import { Check, Confirm, wordsIn } from "./parts.js";
import { show } from "./router.js";
import { type AdminText, t } from "./texts.js";

type Act = "roles" | "email" | "suspend" | "resume" | "restore" | "sessions" | "factors" | "password" | "delete";

/** Those that need nothing but a yes. */
const PLAIN: Partial<Record<Act, { run: (id: string) => Promise<Result<unknown>>; danger?: boolean }>> = {
  suspend: { run: admin.suspend, danger: true },
  resume: { run: admin.resume },
  restore: { run: admin.restore },
  sessions: { run: admin.endSessions, danger: true },
  factors: { run: admin.resetFactors, danger: true },
  password: { run: admin.requirePassword },
};

interface Props {
  user: ManagedUser;
  changed: () => Promise<void>;
}

export function UserActs({ user, changed }: Props) {
  const [asked, ask] = useState<Act>();
  const { said, say } = useSaid();
  const close = () => ask(undefined);
  const done = async (act: Exclude<Act, "delete">) => {
    close();
    await changed();
    say({ notice: t(`act.${act}.done`) });
  };
  const deleted = async (deletion: Deletion) => {
    if (!("restorableUntil" in deletion)) return show("");
    close();
    await changed();
    say({ notice: t("act.delete.done", { date: date(deletion.restorableUntil) }) });
  };
  const acts: Act[] = [
    "roles",
    "email",
    user.suspendedAt ? "resume" : "suspend",
    ...(user.deletionDueAt ? (["restore"] as const) : []),
    "sessions",
    "factors",
    ...(user.hasPassword ? (["password"] as const) : []),
    "delete",
  ];
  const open = (act: Act) => {
    say({});
    ask(act);
  };
  const plain = asked && PLAIN[asked];
  return (
    <Section id="acts" title={t("user.acts")} said={said}>
      <div class="actions">
        {acts.map((act) => (
          <button key={act} type="button" class={act === "delete" ? "danger-plain" : "plain"} onClick={() => open(act)}>
            {t(`act.${act}`)}
          </button>
        ))}
      </div>
      {asked && asked !== "delete" && plain && (
        <Confirm
          title={t(`act.${asked}.title` as AdminText)}
          submit={t(`act.${asked}`)}
          danger={plain.danger ?? false}
          act={() => plain.run(user.id)}
          done={() => void done(asked)}
          close={close}
        >
          <p class="long">
            <strong>{user.email}</strong>
          </p>
          <p>{t(`act.${asked}.text` as AdminText)}</p>
        </Confirm>
      )}
      {asked === "roles" && <Roles user={user} done={() => void done("roles")} close={close} />}
      {asked === "email" && <Address user={user} done={() => void done("email")} close={close} />}
      {asked === "delete" && <Delete user={user} done={(deletion) => void deleted(deletion)} close={close} />}
    </Section>
  );
}

interface DialogProps {
  user: ManagedUser;
  done: () => void;
  close: () => void;
}

function Roles({ user, done, close }: DialogProps) {
  const change = (values: Record<string, string>) => {
    const remove = user.roles.filter((_, number) => values[`keep${number}`] === undefined);
    const add = wordsIn(values.roles ?? "").filter((role) => !user.roles.includes(role));
    return admin.changeRoles(user.id, add, remove);
  };
  return (
    <Confirm title={t("act.roles.title")} submit={t("act.roles.submit")} act={change} done={done} close={close}>
      {(problem) => (
        <>
          <p class="long">
            <strong>{user.email}</strong>
          </p>
          <fieldset>
            <legend>{t("roles.keep")}</legend>
            {user.roles.map((role, number) => (
              <Check key={role} name={`keep${number}`} label={<span class="long">{role}</span>} checked />
            ))}
          </fieldset>
          <Field label={t("roles.add")} name="roles" autoComplete="off" optional problem={problem} hint={t("roles.hint")} />
          <p class="hint consent">{t("act.roles.text")}</p>
        </>
      )}
    </Confirm>
  );
}

function Address({ user, done, close }: DialogProps) {
  const set = ({ email = "", verified }: Record<string, string>) => admin.setEmail(user.id, email, verified === "on");
  return (
    <Confirm title={t("act.email.title")} submit={t("act.email.submit")} act={set} done={done} close={close}>
      {(problem) => (
        <>
          <p>{t("act.email.text")}</p>
          <Field
            label={t("field.email")}
            name="email"
            type="email"
            autoComplete="off"
            inputMode="email"
            value={user.email}
            problem={verifiedProblem(problem)}
            autoFocus
          />
          <Check name="verified" label={t("email.known")} />
        </>
      )}
    </Confirm>
  );
}

/** Says what is wrong with the tick beside the address: it is what the address lacks. */
function verifiedProblem(problem: Parameters<typeof Field>[0]["problem"]) {
  if (!problem?.fields.verified) return problem;
  return { ...problem, fields: { email: t("email.must_be_known") } };
}

function Delete({ user, done, close }: Omit<DialogProps, "done"> & { done: (deletion: Deletion) => void }) {
  const check = ({ address = "" }: Record<string, string>) =>
    address.trim().toLowerCase() === user.email.toLowerCase() ? undefined : { fields: { address: t("act.delete.mismatch") } };
  return (
    <Confirm title={t("act.delete.title")} submit={t("act.delete")} danger check={check} act={() => admin.remove(user.id)} done={done} close={close}>
      {(problem) => (
        <>
          <p>{t(user.deletionDueAt ? "act.delete.again" : "act.delete.text")}</p>
          <p class="long">{t("delete.confirm", { email: user.email })}</p>
          <Field label={t("field.email")} name="address" autoComplete="off" problem={problem} autoFocus />
        </>
      )}
    </Confirm>
  );
}
