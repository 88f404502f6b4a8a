// The state of the service at a glance.
import type { ComponentChildren } from "preact";
import { Section } from "../account/section.js";
import { Act, Title } from "../ui.js";
import { admin, type Status } from "./api.js";
import { Row, Show, Time, useLoad } from "./parts.js";
import { named, t } from "./texts.js";

export function ServiceStatus() {
  const loaded = useLoad(admin.status, "");
  return (
    <>
      <div class="head">
        <Title>{t("service.title")}</Title>
        {loaded.data && <Act run={loaded.reload}>{t("service.reload")}</Act>}
      </div>
      <Show loaded={loaded}>
        {(status) => (
          <>
            <Concerns status={status} />
            <Mails mails={status.mails} />
            <Keys status={status} />
            <Rest status={status} />
          </>
        )}
      </Show>
    </>
  );
}

const Concerns = ({ status: { concerns, at } }: { status: Status }) => (
  <Section id="health" title={t("service.health")}>
    {concerns.length ? (
      <ul class="concerns">
        {concerns.map((concern) => (
          <li key={concern} class="note bad">
            {named("concern", concern)}
          </li>
        ))}
      </ul>
    ) : (
      <p class="note good">{t("service.fine")}</p>
    )}
    <p class="hint">
      {t("service.read")} <Time value={at} />
    </p>
  </Section>
);

const Since = ({ count, since }: { count: number; since: string | null }) => (
  <>
    {count}
    {since && (
      <>
        , {t("mails.since")} <Time value={since} />
      </>
    )}
  </>
);

const Mails = ({ mails }: { mails: Status["mails"] }) => (
  <Section id="mails" title={t("mails.title")}>
    <dl>
      <Row label="mails.waiting">
        <Since count={mails.waiting} since={mails.waitingSince} />
      </Row>
      <Row label="mails.failed">{mails.failed}</Row>
    </dl>
    {mails.failedMails.length > 0 && (
      <>
        <h3>{t("mails.failed")}</h3>
        <p class="hint">{t("mails.retry")}</p>
        <ul class="rows">
          {mails.failedMails.map(({ id, kind, recipient, failedAt, error }) => (
            <Mail key={id} kind={kind} recipient={recipient} error={error}>
              <Time value={failedAt} />
            </Mail>
          ))}
        </ul>
      </>
    )}
    {mails.waitingMails.length > 0 && (
      <>
        <h3>{t("mails.waiting")}</h3>
        <ul class="rows">
          {mails.waitingMails.map(({ id, kind, recipient, attempts, nextAttemptAt, error }) => (
            <Mail key={id} kind={kind} recipient={recipient} error={error}>
              {t("mails.attempts", { attempts })} · {t("mails.next")} <Time value={nextAttemptAt} />
            </Mail>
          ))}
        </ul>
      </>
    )}
  </Section>
);

interface MailProps {
  kind: string;
  recipient: string;
  error: string | null;
  children: ComponentChildren;
}

const Mail = ({ kind, recipient, error, children }: MailProps) => (
  <li>
    <div>
      <strong>{recipient}</strong> <span class="tag">{kind}</span>
      <p class="hint">{children}</p>
      {error && (
        <p>
          <code>{error}</code>
        </p>
      )}
    </div>
  </li>
);

const Keys = ({ status: { signingKeys, retiredMasterKeys } }: { status: Status }) => (
  <Section id="keys" title={t("keys.title")}>
    <ul class="rows">
      {signingKeys.map(({ id, state, activeFrom }) => (
        <li key={id}>
          <div>
            <code>{id}</code> <span class={state === "current" ? "tag good" : "tag"}>{named("key", state)}</span>
            <p class="hint">
              {t("keys.from")} <Time value={activeFrom} />
            </p>
          </div>
        </li>
      ))}
      {retiredMasterKeys.map(({ id, retiredAt }) => (
        <li key={id}>
          <div>
            <code>{id}</code> <span class="tag">{t("keys.master")}</span>
            <p class="hint">
              {t("keys.retired")} <Time value={retiredAt} />
            </p>
          </div>
        </li>
      ))}
    </ul>
  </Section>
);

const Rest = ({ status: { events, lastVerifiedRestoreAt, file, workers } }: { status: Status }) => (
  <Section id="rest" title={t("rest.title")}>
    <dl>
      <Row label="rest.restore">
        {lastVerifiedRestoreAt ? <Time value={lastVerifiedRestoreAt} /> : t("rest.never")}
      </Row>
      <Row label="rest.events">
        <Since count={events.waiting} since={events.waitingSince} />
      </Row>
      {file !== "unknown" && <Row label="rest.file">{named("file", file)}</Row>}
    </dl>
    <h3>{t("rest.workers")}</h3>
    <ul class="chips">
      {workers.map(({ name, failures, failing }) => (
        <li key={name}>
          {name} <span class={failing ? "tag bad" : "tag good"}>{t(failing ? "worker.failing" : "worker.running")}</span>
          {failures > 0 && <p class="hint">{t("worker.failures", { count: failures })}</p>}
        </li>
      ))}
    </ul>
  </Section>
);
