// Who may register although registration is not open.
import { useState } from "preact/hooks";
import { Section, useSaid } from "../account/section.js";
import { useFresh } from "../account/fresh.js";
import { service, settings } from "../settings.js";
import { Act, Dialog, Field, Title } from "../ui.js";
import { admin, type Invitation } from "./api.js";
import { Actor, actProblem, Choice, Confirm, Show, Time, useLoad, wordsIn } from "./parts.js";
import { t } from "./texts.js";

interface Invited {
  invitation: Invitation;
  token: string;
}

const DAY = 86_400;
const DAYS = [1, 7, 30, 90, 365];

/** The page that fills an invitation in. What is behind `#` is sent to no server and stands in no log. */
function linkOf({ invitation, token }: Invited): string {
  const url = new URL("account/register", settings.publicUrl || service);
  url.hash = new URLSearchParams({ invitation: token, ...(invitation.email ? { email: invitation.email } : {}) }).toString();
  return url.href;
}

export function Invitations() {
  const fresh = useFresh();
  const { said, say } = useSaid();
  const [inviting, setInviting] = useState(false);
  const [invited, setInvited] = useState<Invited>();
  const [asked, setAsked] = useState<Invitation>();
  const loaded = useLoad(() => admin.invitations({}), "");
  async function more() {
    const { data } = loaded;
    if (!data?.next) return;
    const next = await fresh(() => admin.invitations({ after: data.next ?? "" }));
    say({ problem: next.ok ? undefined : actProblem(next.error) });
    if (next.ok) loaded.change({ invitations: [...data.invitations, ...next.data.invitations], next: next.data.next });
  }
  return (
    <>
      <div class="head">
        <Title>{t("invitations.title")}</Title>
        <button type="button" class="main" onClick={() => setInviting(true)}>
          {t("invite.open")}
        </button>
      </div>
      <Section id="invitations" title={t("invitations.valid")} said={said}>
        <Show loaded={loaded}>
          {({ invitations, next }) => (
            <>
              {!invitations.length && <p class="quiet">{t("invitations.none")}</p>}
              <ul class="rows">
                {invitations.map((invitation) => (
                  <InvitationRow key={invitation.id} invitation={invitation} withdraw={async () => setAsked(invitation)} />
                ))}
              </ul>
              {next && <Act run={more}>{t("list.more")}</Act>}
            </>
          )}
        </Show>
      </Section>
      {inviting && (
        <Invite
          close={() => setInviting(false)}
          done={(made) => {
            setInviting(false);
            setInvited(made);
            void loaded.reload();
          }}
        />
      )}
      {invited && <Made invited={invited} close={() => setInvited(undefined)} />}
      {asked && (
        <Confirm
          title={t("withdraw.title")}
          submit={t("invitations.withdraw")}
          danger
          act={() => admin.withdraw(asked.id)}
          done={() => {
            setAsked(undefined);
            void loaded.reload();
          }}
          close={() => setAsked(undefined)}
        >
          <p class="long">{t("withdraw.text", { who: asked.email ?? t("invitations.anyone") })}</p>
        </Confirm>
      )}
    </>
  );
}

const InvitationRow = ({ invitation, withdraw }: { invitation: Invitation; withdraw: () => Promise<void> }) => (
  <li>
    <div>
      <strong>{invitation.email ?? t("invitations.anyone")}</strong>{" "}
      {invitation.usesLeft === 0 && <span class="tag">{t("invitations.used")}</span>}
      <p class="hint">
        {[t("invitations.left", { left: invitation.usesLeft, uses: invitation.uses }), ...invitation.roles].join(" · ")} ·{" "}
        <Actor name={invitation.createdBy} />
      </p>
      <p class="hint">
        {t("invitations.expires")} <Time value={invitation.expiresAt} />
      </p>
    </div>
    <Act run={withdraw}>{t("invitations.withdraw")}</Act>
  </li>
);

function Invite({ close, done }: { close: () => void; done: (made: Invited) => void }) {
  const invite = ({ email = "", roles = "", uses = "1", days = "7" }: Record<string, string>) =>
    admin.invite({
      ...(email.trim() ? { email } : {}),
      roles: wordsIn(roles),
      uses: Number(uses) || 1,
      expiresIn: Number(days) * DAY,
    });
  const wholeNumber = ({ uses = "" }: Record<string, string>) =>
    /^([1-9]\d{0,4}|100000)$/.test(uses.trim()) ? undefined : { fields: { uses: t("invite.uses_format") } };
  const days = DAYS.map((number): [string, string] => [
    String(number),
    new Intl.NumberFormat(settings.language, { style: "unit", unit: "day", unitDisplay: "long" }).format(number),
  ]);
  return (
    <Confirm title={t("invite.title")} submit={t("invite.submit")} check={wholeNumber} act={invite} done={done} close={close}>
      {(problem) => (
        <>
          <Field label={t("field.email")} name="email" type="email" autoComplete="off" inputMode="email" optional problem={problem} hint={t("invite.email")} autoFocus />
          <Field label={t("invite.roles")} name="roles" autoComplete="off" optional problem={problem} hint={t("roles.hint")} />
          <Field label={t("invite.uses")} name="uses" autoComplete="off" inputMode="numeric" value="1" problem={problem} />
          <Choice label={t("invite.days")} name="days" value="7" options={days} />
        </>
      )}
    </Confirm>
  );
}

/** The link, shown once. */
function Made({ invited, close }: { invited: Invited; close: () => void }) {
  const [copied, setCopied] = useState(false);
  const link = linkOf(invited);
  const copy = () =>
    navigator.clipboard.writeText(link).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return (
    <Dialog title={t("made.title")} close={close} firm>
      {invited.invitation.email && <p class="long">{t("made.mailed", { email: invited.invitation.email })}</p>}
      <p>{t(invited.invitation.email ? "made.link_too" : "made.link")}</p>
      <p>
        <code>{link}</code>
      </p>
      <div class="actions">
        <Act kind="main" run={copy}>
          {t(copied ? "twofa.copied" : "twofa.copy")}
        </Act>
        <button type="button" class="plain" onClick={close}>
          {t("made.done")}
        </button>
      </div>
    </Dialog>
  );
}
