// Finding users, and creating them.
import { useEffect, useState } from "preact/hooks";
import { Section } from "../account/section.js";
import { useFresh } from "../account/fresh.js";
import { type Provider, providers } from "../session.js";
import { date } from "../texts.js";
import { Act, Field, Form, NewPassword, Title } from "../ui.js";
import { admin, type ManagedUser } from "./api.js";
import { actProblem, Check, Choice, Confirm, Link, Show, useLoad, wordsIn } from "./parts.js";
import { show } from "./router.js";
import { t } from "./texts.js";

const FILTERS = ["search", "role", "provider", "state"];

export function Users({ query }: { query: URLSearchParams }) {
  const [creating, setCreating] = useState(false);
  const [found, setFound] = useState<Provider[]>([]);
  useEffect(() => void providers().then(setFound), []);
  const filter = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ""]));
  const any: [string, string] = ["", t("filter.any")];
  return (
    <>
      <div class="head">
        <Title>{t("users.title")}</Title>
        <button type="button" class="main" onClick={() => setCreating(true)}>
          {t("create.open")}
        </button>
      </div>
      <section class="filters" aria-label={t("users.find")}>
        <Form key={query.toString()} send={async (values) => show("", values)} submit={t("users.search")}>
          {(problem) => (
            <>
              <Field label={t("users.search_label")} name="search" autoComplete="off" problem={problem} optional="silent" value={filter.search ?? ""} />
              <Field label={t("users.role")} name="role" autoComplete="off" problem={problem} optional="silent" value={filter.role ?? ""} />
              <Choice
                label={t("users.provider")}
                name="provider"
                value={filter.provider ?? ""}
                options={[any, ...found.map(({ name, displayName }): [string, string] => [name, displayName])]}
              />
              <Choice
                label={t("users.state")}
                name="state"
                value={filter.state ?? ""}
                options={[any, ["active", t("state.active")], ["suspended", t("state.suspended")], ["deletion_scheduled", t("state.deletion")]]}
              />
            </>
          )}
        </Form>
      </section>
      <Found key={JSON.stringify(filter)} filter={filter} />
      {creating && <Create close={() => setCreating(false)} />}
    </>
  );
}

function Found({ filter }: { filter: Record<string, string> }) {
  const fresh = useFresh();
  const [problem, setProblem] = useState<ReturnType<typeof actProblem>>();
  const loaded = useLoad(() => admin.users(filter), "");
  async function more() {
    const { data } = loaded;
    if (!data?.next) return;
    const next = await fresh(() => admin.users({ ...filter, after: data.next ?? "" }));
    setProblem(next.ok ? undefined : actProblem(next.error));
    if (next.ok) loaded.change({ users: [...data.users, ...next.data.users], next: next.data.next });
  }
  return (
    <Section id="found" title={t("users.found")} said={{ problem }}>
      <Show loaded={loaded}>
        {({ users, next }) => (
          <>
            {!users.length && <p class="quiet">{t("users.none")}</p>}
            <ul class="rows">
              {users.map((user) => (
                <UserRow key={user.id} user={user} />
              ))}
            </ul>
            {next && <Act run={more}>{t("list.more")}</Act>}
          </>
        )}
      </Show>
    </Section>
  );
}

export const StateTags = ({ user }: { user: ManagedUser }) => (
  <>
    {user.suspendedAt && <span class="tag bad">{t("state.suspended")}</span>}{" "}
    {user.deletionDueAt && <span class="tag bad">{t("state.deletion")}</span>}{" "}
    {user.roles.includes("admin") && <span class="tag accent">admin</span>}{" "}
    {user.newPasswordRequired && <span class="tag">{t("user.new_password")}</span>}{" "}
    {!user.emailVerified && <span class="tag">{t("profile.unverified")}</span>}
  </>
);

const UserRow = ({ user }: { user: ManagedUser }) => (
  <li>
    <div>
      <strong>
        <Link to="user" query={{ id: user.id }}>
          {user.email}
        </Link>
      </strong>{" "}
      <StateTags user={user} />
      <p class="hint">
        {[user.username, user.roles.join(", "), t("users.since", { date: date(user.createdAt) })].filter(Boolean).join(" · ")}
      </p>
    </div>
  </li>
);

function Create({ close }: { close: () => void }) {
  const create = ({ email = "", username = "", password = "", roles = "", verified }: Record<string, string>) =>
    admin.create({
      email,
      emailVerified: verified === "on",
      ...(username.trim() ? { username } : {}),
      ...(password ? { password } : {}),
      ...(roles.trim() ? { roles: wordsIn(roles) } : {}),
    });
  return (
    <Confirm
      title={t("create.title")}
      submit={t("create.submit")}
      act={create}
      done={({ user }: { user: ManagedUser }) => show("user", { id: user.id })}
      close={close}
    >
      {(problem) => (
        <>
          <Field label={t("field.email")} name="email" type="email" autoComplete="off" inputMode="email" problem={problem} autoFocus />
          <Field label={t("field.username")} name="username" autoComplete="off" optional problem={problem} />
          <Field label={t("roles.label")} name="roles" autoComplete="off" optional problem={problem} hint={t("roles.hint")} />
          <NewPassword name="password" label={t("field.password")} problem={problem} optional hint={t("create.password")} />
          <Check name="verified" label={t("email.known")} />
        </>
      )}
    </Confirm>
  );
}
