// The parts that the pages of the administration are made of, besides those of every page.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { AuthError, Result } from "@auth-service/client";
import { useFresh } from "../account/fresh.js";
import { Cancel } from "../account/profile.js";
import { type Problem, words } from "../errors.js";
import { time } from "../texts.js";
import { Act, Alert, Dialog, Form, Loading } from "../ui.js";
import { hrefOf, type Query, show, type View } from "./router.js";
import { type AdminText, distance, t } from "./texts.js";

/** A link to another page of the administration. */
export function Link({ to, query, current, children }: { to: View; query?: Query; current?: boolean; children: ComponentChildren }) {
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    show(to, query);
  };
  return (
    <a href={hrefOf(to, query)} onClick={follow} aria-current={current ? "page" : undefined}>
      {children}
    </a>
  );
}

/** What was fetched, or why not. */
export interface Loaded<T> {
  data: T | undefined;
  error: AuthError | undefined;
  /** Fetches it again; what is there stays until then. */
  reload: () => Promise<void>;
  change: (data: T) => void;
}

/** Fetches something, again whenever `key` changes. Asks for a fresh login where one is needed. */
export function useLoad<T>(load: () => Promise<Result<T>>, key: string): Loaded<T> {
  const fresh = useFresh();
  const [state, setState] = useState<{ data?: T; error?: AuthError }>({});
  const latest = useRef(0);
  const reload = async () => {
    const number = (latest.current += 1);
    const answer = await fresh(load);
    // A later one has been asked for.
    if (number !== latest.current) return;
    setState(answer.ok ? { data: answer.data } : { error: answer.error });
  };
  useEffect(() => {
    setState({});
    void reload();
    return () => {
      latest.current += 1;
    };
  }, [key]);
  return { data: state.data, error: state.error, reload, change: (data) => setState({ data }) };
}

/** Shows that something is being fetched, or why it is not there; then the rest. */
export function Show<T>({ loaded, children }: { loaded: Loaded<T>; children: (data: T) => ComponentChildren }) {
  const { data, error, reload } = loaded;
  if (error) {
    const unconfirmed = error.code === "REAUTHENTICATION_REQUIRED";
    return (
      <>
        <Alert problem={unconfirmed ? { message: t("load.unconfirmed"), fields: {} } : adminWords(error)} />
        <Act run={reload}>{t(unconfirmed ? "common.continue" : "common.try_again")}</Act>
      </>
    );
  }
  return data === undefined ? <Loading /> : <>{children(data)}</>;
}

/** Says what went wrong; what is wrong with one of several values is said beside their field. */
export function adminWords(error: AuthError): Problem {
  const { message, fields } = words(error);
  const entries = Object.entries(fields).map(([name, said]) =>
    name.startsWith("roles/") ? ["roles", t("roles.format")] : [name, said],
  );
  const first = Object.values(fields)[0];
  return { message: message ?? (entries.length ? undefined : first), fields: Object.fromEntries(entries) };
}

/** The problem of an act, with its fields; nothing for one that was given up. */
export const actProblem = (error: AuthError): Problem | undefined =>
  error.code === "REAUTHENTICATION_REQUIRED" ? undefined : adminWords(error);

interface ConfirmProps<T> {
  title: string;
  submit: string;
  danger?: boolean;
  /** Does it. */
  act: (values: Record<string, string>) => Promise<Result<T>>;
  /** Returns what is wrong with the fields before anything is sent. */
  check?: (values: Record<string, string>) => Problem | undefined;
  done: (data: T) => void;
  close: () => void;
  children: ComponentChildren | ((problem: Problem | undefined) => ComponentChildren);
}

/** Asks before an act, with the fields that it needs. */
export function Confirm<T>({ title, submit, danger, act, check, done, close, children }: ConfirmProps<T>) {
  const fresh = useFresh();
  async function send(values: Record<string, string>) {
    const wrong = check?.(values);
    if (wrong) return wrong;
    const acted = await fresh(() => act(values));
    if (!acted.ok) return actProblem(acted.error);
    done(acted.data);
    return undefined;
  }
  return (
    <Dialog title={title} close={close}>
      <Form send={send} submit={submit} danger={danger ?? false} after={<Cancel close={close} />}>
        {(problem) => (typeof children === "function" ? children(problem) : children)}
      </Form>
    </Dialog>
  );
}

interface ChoiceProps {
  label: string;
  name: string;
  value?: string;
  options: [string, string][];
}

export function Choice({ label, name, value, options }: ChoiceProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} name={name}>
        {options.map(([option, said]) => (
          <option key={option} value={option} selected={option === (value ?? "")}>
            {said}
          </option>
        ))}
      </select>
    </div>
  );
}

export function Check({ label, name, value = "on", checked }: { label: ComponentChildren; name: string; value?: string; checked?: boolean }) {
  const id = useId();
  return (
    <div class="check">
      <input id={id} type="checkbox" name={name} value={value} defaultChecked={checked} />
      <label for={id}>{label}</label>
    </div>
  );
}

/** A time, and how long ago it was. */
export const Time = ({ value }: { value: string }) => (
  <time dateTime={value} title={time(value)}>
    {time(value)} <span class="quiet">({distance(value)})</span>
  </time>
);

export const Row = ({ label, children }: { label: AdminText; children: ComponentChildren }) => (
  <div>
    <dt>{t(label)}</dt>
    <dd>{children}</dd>
  </div>
);

/** Who did something: an administrator is one of the users. */
export function Actor({ name }: { name: string }) {
  const id = name.startsWith("admin:") ? name.slice("admin:".length) : undefined;
  return id ? (
    <Link to="user" query={{ id }}>
      admin
    </Link>
  ) : (
    <>{name}</>
  );
}

/** Returns the words in a text, such as roles. */
export const wordsIn = (text: string) => text.split(/[\s,]+/).filter(Boolean);
