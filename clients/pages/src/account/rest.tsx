// Linked accounts, devices, own data, deletion.
import { useEffect, useState } from "preact/hooks";
import { codeWords, problem, words } from "../errors.js";
import { show } from "../router.js";
import { auth, type Provider, providers, publicPage, type User } from "../session.js";
import { settings } from "../settings.js";
import { text, time } from "../texts.js";
import { Act, Dialog, Field, Form, Loading } from "../ui.js";
import { ProviderIcon } from "../sign-in/login.js";
import { deviceName } from "./devices.js";
import { isDone, problemOf, useFresh } from "./fresh.js";
import { Cancel } from "./profile.js";
import { type Said, Section, useSaid } from "./section.js";

/** What a visit to a provider, which ends here, has led to. */
function afterVisit(found: Provider[]): Said {
  const query = new URLSearchParams(location.search);
  const [error, linked, fresh] = ["error", "linked", "fresh"].map((name) => query.get(name));
  const name = found.find((provider) => provider.name === linked)?.displayName;
  if (error || linked || fresh) history.replaceState(null, "", location.pathname);
  if (error) return { problem: problem(codeWords(error)) };
  if (name) return { notice: text("account.linked", { provider: name }) };
  return fresh ? { notice: text("account.fresh_again") } : {};
}

export function LinkedAccounts({ user }: { user: User }) {
  const fresh = useFresh();
  const { said, say } = useSaid();
  const [found, setFound] = useState<Provider[]>([]);
  const [asked, setAsked] = useState<Provider>();
  useEffect(() => {
    void providers().then((all) => {
      setFound(all);
      say(afterVisit(all));
    });
  }, []);
  async function link({ name }: Provider) {
    say({});
    const begun = await fresh(() => auth.providers.link(name, publicPage(".", { linked: name })));
    if (begun.ok) location.assign(begun.data.url);
    else say({ problem: problemOf(begun) });
  }
  async function unlink({ name }: Provider) {
    setAsked(undefined);
    say({});
    const unlinked = await fresh(() => auth.providers.unlink(name));
    say({ problem: problemOf(unlinked) });
    if (isDone(unlinked)) await auth.me();
  }
  if (!found.length && !said.problem && !said.notice) return null;
  return (
    <Section id="linked" title={text("linked.title")} said={said}>
      <p>{text("linked.intro")}</p>
      <ul class="rows">
        {found.map((provider) => {
          const linked = user.linkedProviders.includes(provider.name);
          return (
            <li key={provider.name}>
              <div>
                <ProviderIcon provider={provider} /> <strong>{provider.displayName}</strong>{" "}
                <span class={linked ? "tag good" : "tag"}>{text(linked ? "linked.yes" : "linked.no")}</span>
              </div>
              {linked ? (
                <Act run={async () => setAsked(provider)}>{text("linked.unlink")}</Act>
              ) : (
                <Act run={() => link(provider)}>{text("linked.link")}</Act>
              )}
            </li>
          );
        })}
      </ul>
      {asked && (
        <Dialog title={text("linked.unlink_title", { provider: asked.displayName })} close={() => setAsked(undefined)}>
          <p>{text("linked.unlink_text", { provider: asked.displayName })}</p>
          <div class="actions">
            <button type="button" class="danger" onClick={() => void unlink(asked)}>
              {text("linked.unlink")}
            </button>
            <Cancel close={() => setAsked(undefined)} />
          </div>
        </Dialog>
      )}
    </Section>
  );
}

type Sessions = Extract<Awaited<ReturnType<typeof auth.sessions.list>>, { ok: true }>["data"]["sessions"];

export function Devices() {
  const { said, say } = useSaid();
  const [sessions, setSessions] = useState<Sessions>();
  async function load() {
    const answer = await auth.sessions.list();
    if (answer.ok) setSessions(answer.data.sessions);
    else say({ problem: words(answer.error) });
  }
  useEffect(() => void load(), []);
  async function end(ids: string[], notice?: string) {
    say({});
    for (const id of ids) {
      const ended = await auth.sessions.revoke(id);
      if (!ended.ok) {
        say({ problem: words(ended.error) });
        return load();
      }
    }
    await load();
    say({ notice });
  }
  const others = (sessions ?? []).filter(({ current }) => !current).map(({ id }) => id);
  const sorted = [...(sessions ?? [])].sort((a, b) => Number(b.current) - Number(a.current));
  return (
    <Section id="devices" title={text("devices.title")} said={said}>
      {!sessions && <Loading />}
      <ul class="rows">
        {sorted.map(({ id, current, network, userAgent, lastRefreshedAt }) => (
          <li key={id}>
            <div>
              <strong>{deviceName(userAgent)}</strong> {current && <span class="tag good">{text("devices.current")}</span>}
              <p class="hint">
                {text("devices.last", { time: time(lastRefreshedAt) })} · {text("devices.network", { network })}
              </p>
            </div>
            {!current && <Act run={() => end([id])}>{text("devices.end")}</Act>}
          </li>
        ))}
      </ul>
      {others.length > 0 && <Act run={() => end(others, text("devices.ended"))}>{text("devices.end_others")}</Act>}
    </Section>
  );
}

export function Data() {
  const fresh = useFresh();
  const { said, say } = useSaid();
  async function download() {
    say({});
    const exported = await fresh(auth.exportData);
    if (!exported.ok) return say({ problem: problemOf(exported) });
    const url = URL.createObjectURL(new Blob([JSON.stringify(exported.data, null, 2)], { type: "application/json" }));
    const link = Object.assign(document.createElement("a"), { href: url, download: "account.json" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1_000);
  }
  async function request() {
    say({});
    const requested = await fresh(auth.requestExport);
    if (!requested.ok) return say({ problem: problemOf(requested) });
    say({ notice: text("data.requested", { time: time(requested.data.until), product: settings.product }) });
  }
  return (
    <Section id="data" title={text("data.title")} said={said}>
      <p>{text("data.intro")}</p>
      <Act run={download}>{text("data.download")}</Act>
      {settings.requestsExports && (
        <>
          <p>{text("data.services", { product: settings.product })}</p>
          <Act run={request}>{text("data.request")}</Act>
        </>
      )}
    </Section>
  );
}

export function Deletion({ user, deleted }: { user: User; deleted: (restorableUntil?: string) => void }) {
  const fresh = useFresh();
  const [open, setOpen] = useState(false);
  async function send({ address = "" }: Record<string, string>) {
    if (address.trim().toLowerCase() !== user.email.toLowerCase()) {
      return { fields: { address: text("error.mismatch") } };
    }
    const gone = await fresh(auth.deleteAccount);
    if (!isDone(gone)) return problemOf(gone);
    deleted(gone?.ok && "restorableUntil" in gone.data ? String(gone.data.restorableUntil) : undefined);
    show("login", true);
  }
  return (
    <Section id="delete" title={text("delete.title")}>
      <p>{text("delete.intro")}</p>
      <button type="button" class="danger-plain" onClick={() => setOpen(true)}>
        {text("delete.submit")}
      </button>
      {open && (
        <Dialog title={text("delete.confirm_title")} close={() => setOpen(false)}>
          <p>{text("delete.intro")}</p>
          <p class="long">{text("delete.confirm", { email: user.email })}</p>
          <Form send={send} submit={text("delete.submit")} danger after={<Cancel close={() => setOpen(false)} />}>
            {(wrong) => <Field label={text("delete.confirm_label")} name="address" autoComplete="off" problem={wrong} autoFocus />}
          </Form>
        </Dialog>
      )}
    </Section>
  );
}
