// Everything that is known of one user.
import { deviceName } from "../account/devices.js";
import { Section } from "../account/section.js";
import { date, text } from "../texts.js";
import { Title } from "../ui.js";
import { admin, type ManagedUser, type UserDetails } from "./api.js";
import { Link, Row, Show, Time, useLoad } from "./parts.js";
import { t } from "./texts.js";
import { UserActs } from "./user-acts.js";
import { StateTags } from "./users.js";

export function UserPage({ id }: { id: string }) {
  const loaded = useLoad(() => admin.user(id), id);
  return (
    <>
      <p class="back">
        <Link to="">{t("user.back")}</Link>
      </p>
      <Show loaded={loaded}>
        {(details) => (
          <>
            <div class="head">
              <Title>{details.user.email}</Title>
              <div>
                <StateTags user={details.user} />
              </div>
            </div>
            <Facts user={details.user} />
            <UserActs user={details.user} changed={loaded.reload} />
            <Devices {...details} />
            <WaysIn {...details} />
            <Logins {...details} />
          </>
        )}
      </Show>
    </>
  );
}

const Facts = ({ user }: { user: ManagedUser }) => (
  <Section id="facts" title={t("user.facts")}>
    <dl>
      <Row label="profile.email">
        <span class="long">{user.email}</span>{" "}
        <span class={user.emailVerified ? "tag good" : "tag"}>
          {t(user.emailVerified ? "profile.verified" : "profile.unverified")}
        </span>
      </Row>
      {user.pendingEmail && (
        <Row label="user.pending">
          <span class="long">{user.pendingEmail}</span>
        </Row>
      )}
      {user.username && (
        <Row label="profile.username">
          <span class="long">{user.username}</span>
        </Row>
      )}
      <Row label="user.id">
        <code>{user.id}</code>
      </Row>
      <Row label="roles.label">{user.roles.join(", ") || "–"}</Row>
      <Row label="field.password">
        {t(user.newPasswordRequired ? "user.new_password" : user.hasPassword ? "user.has_password" : "user.no_password")}
      </Row>
      {user.suspendedAt && (
        <Row label="user.suspended">
          <Time value={user.suspendedAt} />
        </Row>
      )}
      {user.deletionDueAt && (
        <Row label="user.deletion">
          <Time value={user.deletionDueAt} />
        </Row>
      )}
      <Row label="user.created">
        <Time value={user.createdAt} />
      </Row>
      <Row label="user.updated">
        <Time value={user.updatedAt} />
      </Row>
    </dl>
    <Link to="audit" query={{ user: user.id }}>
      {t("user.audit")}
    </Link>
  </Section>
);

const Devices = ({ sessions }: UserDetails) => (
  <Section id="devices" title={t("user.sessions")}>
    {!sessions.length && <p class="quiet">{t("user.no_sessions")}</p>}
    <ul class="rows">
      {sessions.map(({ id, userAgent, network, createdAt, lastRefreshedAt }) => (
        <li key={id}>
          <div>
            <strong>{deviceName(userAgent)}</strong>
            <p class="hint">
              {t("user.session", { since: date(createdAt) })} · {text("devices.network", { network })}
            </p>
            <p class="hint">
              {t("user.last_used")} <Time value={lastRefreshedAt} />
            </p>
          </div>
        </li>
      ))}
    </ul>
  </Section>
);

const WaysIn = ({ factors, recoveryCodesLeft, identities }: UserDetails) => (
  <Section id="ways" title={t("user.ways")}>
    {!factors.length && !identities.length && <p class="quiet">{t("user.no_ways")}</p>}
    <ul class="rows">
      {factors.map(({ method, status, primary, enrolledAt }) => (
        <li key={method}>
          <div>
            <strong>{t(method === "app" ? "twofa.app" : "twofa.email")}</strong>{" "}
            <span class={status === "enabled" ? "tag good" : "tag"}>{t(status === "enabled" ? "twofa.on" : "twofa.off")}</span>{" "}
            {primary && <span class="tag">{t("twofa.primary")}</span>}
            {enrolledAt && (
              <p class="hint">
                {t("user.since")} <Time value={enrolledAt} />
              </p>
            )}
          </div>
        </li>
      ))}
      {factors.length > 0 && (
        <li>
          <div>
            <strong>{t("twofa.recovery")}</strong>
            <p class="hint">{t("user.recovery", { count: recoveryCodesLeft })}</p>
          </div>
        </li>
      )}
      {identities.map(({ provider, subject, linkedAt }) => (
        <li key={provider}>
          <div>
            <strong>{provider}</strong> <code>{subject}</code>
            <p class="hint">
              {t("user.since")} <Time value={linkedAt} />
            </p>
          </div>
        </li>
      ))}
    </ul>
  </Section>
);

const Logins = ({ logins }: UserDetails) => (
  <Section id="logins" title={t("user.logins")}>
    {!logins.length && <p class="quiet">{t("user.no_logins")}</p>}
    <ul class="rows">
      {logins.map(({ id, occurredAt, network, detail }) => (
        <li key={id}>
          <div>
            <Time value={occurredAt} />
            <p class="hint">{[network && text("devices.network", { network }), detail].filter(Boolean).join(" · ")}</p>
          </div>
        </li>
      ))}
    </ul>
  </Section>
);
