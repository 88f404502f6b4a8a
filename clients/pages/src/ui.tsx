// The parts that every page is made of.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Problem } from "./errors.js";
import { hrefOf, type Page, show } from "./router.js";
import { settings } from "./settings.js";
import { text } from "./texts.js";

interface FieldProps {
  label: string;
  name: string;
  type?: "text" | "email" | "password";
  autoComplete: string;
  problem?: Problem | undefined;
  hint?: string;
  /** It may be empty. `silent`: as all of its form may, so that this goes without saying. */
  optional?: boolean | "silent";
  value?: string;
  inputMode?: "numeric" | "email" | "text";
  maxLength?: number;
  autoFocus?: boolean;
}

/** A labelled input. What is wrong with it is announced with it. */
export function Field(props: FieldProps) {
  const { label, name, type = "text", autoComplete, problem, hint, optional, value, inputMode, maxLength } = props;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [shown, setShown] = useState(false);
  const wrong = problem?.fields[name];
  useEffect(() => {
    if (wrong || props.autoFocus) input.current?.focus();
  }, [problem, wrong]);
  const described = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>
        {label} {optional === true && <span class="optional">({text("field.optional")})</span>}
      </label>
      <div class="input">
        <input
          ref={input}
          id={id}
          name={name}
          {...({ type: shown ? "text" : type } as { type: "text" })}
          autocomplete={autoComplete as "off"}
          autocapitalize="none"
          spellcheck={false}
          inputMode={inputMode}
          maxLength={maxLength}
          required={!optional}
          defaultValue={value}
          aria-invalid={wrong ? true : undefined}
          aria-describedby={described || undefined}
        />
        {type === "password" && (
          <button
            type="button"
            class="reveal"
            aria-pressed={shown}
            aria-label={text(shown ? "common.hide_password" : "common.show_password")}
            onClick={() => setShown(!shown)}
          >
            <Eye closed={shown} />
          </button>
        )}
      </div>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {wrong && (
        <p class="wrong" id={`${id}-wrong`}>
          {wrong}
        </p>
      )}
    </div>
  );
}

const Eye = ({ closed }: { closed: boolean }) => (
  <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" class="icon">
    <path d="M2 12s3.6-7 10-7 10 7 10 7-3.6 7-10 7-10-7-10-7Z" />
    <circle cx="12" cy="12" r="3" />
    {closed && <path d="m4 20 16-16" />}
  </svg>
);

interface NewPasswordProps {
  name: string;
  label: string;
  problem: Problem | undefined;
  optional?: boolean;
  hint?: string;
}

export const NewPassword = ({ name, label, problem, optional = false, hint }: NewPasswordProps) => (
  <Field
    label={label}
    name={name}
    type="password"
    autoComplete="new-password"
    problem={problem}
    optional={optional}
    hint={hint ?? text("field.password_hint", { min: settings.passwordMin })}
  />
);

/** A code of six digits, which phones offer from the message that brought it. */
export const CodeField = ({ problem }: { problem: Problem | undefined }) => (
  <Field
    label={text("field.code")}
    name="otpCode"
    autoComplete="one-time-code"
    inputMode="numeric"
    problem={problem}
    maxLength={16}
    autoFocus
  />
);

/** What happened, read out when it appears. */
export function Alert({ problem }: { problem: Problem | undefined }) {
  return <div role="alert">{problem?.message && <p class="note bad">{problem.message}</p>}</div>;
}

export function Notice({ children }: { children: ComponentChildren }) {
  return <div role="status">{children && <p class="note good">{children}</p>}</div>;
}

interface FormProps {
  /** Returns what is wrong, or nothing. */
  send: (values: Record<string, string>) => Promise<Problem | undefined | void>;
  submit: string;
  children: (problem: Problem | undefined) => ComponentChildren;
  after?: ComponentChildren;
  danger?: boolean;
}

/** A form that sends itself once at a time and shows what went wrong. */
export function Form({ send, submit, children, after, danger }: FormProps) {
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const mounted = useMounted();
  async function submitted(event: SubmitEvent) {
    event.preventDefault();
    if (busy) return;
    const form = event.currentTarget as HTMLFormElement;
    const values = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
    setBusy(true);
    const wrong = await send(values);
    if (!mounted.current) return;
    setBusy(false);
    setProblem(wrong ?? undefined);
  }
  return (
    <form method="post" noValidate onSubmit={submitted} aria-busy={busy}>
      <Alert problem={problem} />
      {children(problem)}
      <div class="actions">
        <button type="submit" class={danger ? "danger" : "main"} aria-disabled={busy}>
          {submit}
        </button>
        {after}
      </div>
    </form>
  );
}

function useMounted() {
  const mounted = useRef(true);
  useEffect(() => {
    mounted.current = true;
    return () => {
      mounted.current = false;
    };
  }, []);
  return mounted;
}

/** A button for something that takes time. */
export function Act({ run, children, kind = "plain" }: { run: () => Promise<unknown>; children: ComponentChildren; kind?: string }) {
  const [busy, setBusy] = useState(false);
  const mounted = useMounted();
  const clicked = async () => {
    if (busy) return;
    setBusy(true);
    await run();
    if (mounted.current) setBusy(false);
  };
  return (
    <button type="button" class={kind} aria-disabled={busy} onClick={clicked}>
      {children}
    </button>
  );
}

/** A link to another of these pages. */
export function To({ page, children }: { page: Page; children: ComponentChildren }) {
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    show(page);
  };
  return (
    <a href={hrefOf(page)} onClick={follow}>
      {children}
    </a>
  );
}

/** The heading of a page, which gets the focus when the page appears, so that it is read out. */
export function Title({ children }: { children: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = settings.product ? `${children} · ${settings.product}` : children;
    if (document.activeElement === document.body || !document.activeElement) heading.current?.focus();
  }, [children]);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}

interface DialogProps {
  title: string;
  /** Called by Escape and the button. */
  close: () => void;
  children: ComponentChildren;
  /** Only its own buttons close it. */
  firm?: boolean;
}

/** A modal dialog. The browser keeps the focus inside and gives it back. */
export function Dialog({ title, close, children, firm }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const cancelled = (event: Event) => {
    event.preventDefault();
    if (!firm) close();
  };
  return (
    <dialog ref={dialog} aria-labelledby={id} onCancel={cancelled}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}

export const Loading = () => (
  <p class="loading" role="status">
    {text("common.loading")}
  </p>
);
