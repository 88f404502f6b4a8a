// What happened, newest first, and what happens now.
import { useEffect, useRef, useState } from "preact/hooks";
import { Section, useSaid } from "../account/section.js";
import { useFresh } from "../account/fresh.js";
import { Act, Field, Form, Title } from "../ui.js";
import { admin, type AuditRecord } from "./api.js";
import { Actor, actProblem, Choice, Link, type Loaded, Show, Time, useLoad } from "./parts.js";
import { type Query, show } from "./router.js";
import { t } from "./texts.js";

const FILTERS = ["user", "actor", "action", "outcome", "from", "until"];
const PAGE = "50";
const PAUSE = 3_000;
/** How many records stay on the page while it follows. */
const KEPT = 500;

/** The time in the zone of the visitor, as the field has it, for the API. */
const instant = (local: string) => {
  const at = new Date(local);
  return local && !Number.isNaN(at.getTime()) ? at.toISOString() : "";
};

export function Audit({ query }: { query: URLSearchParams }) {
  const fresh = useFresh();
  const { said, say } = useSaid();
  const written = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ""]));
  const filter: Query = { ...written, from: instant(written.from ?? ""), until: instant(written.until ?? "") };
  const loaded = useLoad(() => admin.audit({ ...filter, limit: PAGE }), "");
  const { following, follow } = useFollowing(filter, loaded, say);
  async function more() {
    const { data } = loaded;
    if (!data?.next) return;
    const next = await fresh(() => admin.audit({ ...filter, limit: PAGE, after: data.next ?? "" }));
    say({ problem: next.ok ? undefined : actProblem(next.error) });
    if (next.ok) loaded.change({ records: [...data.records, ...next.data.records], next: next.data.next });
  }
  const field = (name: string, label: Parameters<typeof t>[0], example?: string) => (
    <Field label={t(label)} name={name} autoComplete="off" optional="silent" value={written[name] ?? ""} {...(example ? { hint: example } : {})} />
  );
  return (
    <>
      <div class="head">
        <Title>{t("audit.title")}</Title>
        {!filter.until && (
          <button type="button" class="plain" aria-pressed={following} disabled={!loaded.data} onClick={() => follow(!following)}>
            {t(following ? "audit.unfollow" : "audit.follow")}
          </button>
        )}
      </div>
      <section class="filters three" aria-label={t("audit.filter")}>
        <Form send={async (values) => show("audit", values)} submit={t("audit.apply")}>
          {() => (
            <>
              {field("user", "audit.user")}
              {field("actor", "audit.actor", "service:users, admin:…, operator, client")}
              {field("action", "audit.action", "session.opened, password.changed …")}
              <Choice
                label={t("audit.outcome")}
                name="outcome"
                value={written.outcome ?? ""}
                options={[
                  ["", t("filter.any")],
                  ["done", t("outcome.done")],
                  ["refused", t("outcome.refused")],
                ]}
              />
              <When label={t("audit.from")} name="from" value={written.from ?? ""} />
              <When label={t("audit.until")} name="until" value={written.until ?? ""} />
            </>
          )}
        </Form>
      </section>
      <Section id="records" title={t("audit.records")} said={said}>
        <Show loaded={loaded}>
          {({ records, next }) => (
            <>
              {!records.length && <p class="quiet">{t("audit.none")}</p>}
              <ul class="rows close" aria-live={following ? "polite" : undefined}>
                {records.map((record) => (
                  <Record key={record.id} record={record} />
                ))}
              </ul>
              {next && <Act run={more}>{t("list.more")}</Act>}
            </>
          )}
        </Show>
      </Section>
    </>
  );
}

const When = ({ label, name, value }: { label: string; name: string; value: string }) => (
  <div class="field when">
    <label for={`when-${name}`}>{label}</label>
    <input id={`when-${name}`} type="datetime-local" name={name} defaultValue={value} />
  </div>
);

const Record = ({ record }: { record: AuditRecord }) => (
  <li>
    <div>
      <strong>
        <code>{record.action}</code>
      </strong>{" "}
      {record.outcome === "refused" && <span class="tag bad">{t("outcome.refused")}</span>}
      <p class="hint">
        <Time value={record.occurredAt} /> · <Actor name={record.actor} />
        {record.network && <> · {record.network}</>}
      </p>
      {record.detail && <p class="hint">{record.detail}</p>}
    </div>
    {record.userId && (
      <Link to="user" query={{ id: record.userId }}>
        {t("audit.show_user")}
      </Link>
    )}
  </li>
);

type Records = { records: AuditRecord[]; next: string | null };

/** Asks for new records every few seconds, while the page is seen. It asks nobody for a login: that would be out of nowhere. */
function useFollowing(filter: Query, loaded: Loaded<Records>, say: ReturnType<typeof useSaid>["say"]) {
  const [following, setFollowing] = useState(false);
  const latest = useRef(loaded);
  latest.current = loaded;
  useEffect(() => {
    if (!following) return undefined;
    let stopped = false;
    async function look() {
      const { data, change } = latest.current;
      if (stopped || document.hidden || !data) return;
      const newest = data.records[0]?.occurredAt;
      const found = await admin.audit({ ...filter, ...(newest ? { from: newest } : {}), limit: "200" });
      if (stopped) return;
      if (!found.ok) {
        setFollowing(false);
        say({ problem: actProblem(found.error) ?? { message: t("load.unconfirmed"), fields: {} } });
        return;
      }
      const now = latest.current.data ?? data;
      const known = new Set(now.records.map(({ id }) => id));
      const fresh = found.data.records.filter(({ id }) => !known.has(id));
      if (fresh.length) change({ records: [...fresh, ...now.records].slice(0, KEPT), next: now.records.length > KEPT ? null : now.next });
    }
    const timer = setInterval(() => void look(), PAUSE);
    return () => {
      stopped = true;
      clearInterval(timer);
    };
  }, [following]);
  return { following, follow: setFollowing };
}
