import { useEffect, useState } from "preact/hooks";
import { words } from "../errors.js";
import { auth, type User } from "../session.js";
import { settings } from "../settings.js";
import { text } from "../texts.js";
import { Act, CodeField, Dialog, Form, Loading } from "../ui.js";
import { codeProblem, isDone, problemOf, useFresh } from "./fresh.js";
import { Cancel } from "./profile.js";
import { Section, useSaid } from "./section.js";

type Listed = Extract<Awaited<ReturnType<typeof auth.twoFactor.list>>, { ok: true }>["data"];
type Scan = Extract<Awaited<ReturnType<typeof auth.twoFactor.setUpApp>>, { ok: true }>["data"];
type Method = "app" | "email";
const METHODS: Method[] = ["app", "email"];

const NONE: Listed = { methods: [], recoveryCodesLeft: 0 };

export function TwoFactor({ user }: { user: User }) {
  const fresh = useFresh();
  const { said, say } = useSaid();
  const [listed, setListed] = useState<Listed>();
  const [scan, setScan] = useState<Scan>();
  const [mailing, setMailing] = useState(false);
  const [codes, setCodes] = useState<string[]>();
  const [asked, setAsked] = useState<Method>();

  async function load() {
    const answer = await auth.twoFactor.list();
    if (answer.ok) setListed(answer.data);
    else if (answer.error.code === "NO_METHODS_FOUND") setListed(NONE);
    else say({ problem: words(answer.error) });
  }
  useEffect(() => void load(), []);

  /** Runs an act and shows the new state. */
  async function act(run: Parameters<typeof fresh>[0]) {
    say({});
    const acted = await fresh(run);
    say({ problem: problemOf(acted) });
    if (!isDone(acted)) return;
    await load();
    await auth.me();
  }
  async function setUp(method: Method) {
    say({});
    const begun = await fresh<Awaited<ReturnType<typeof auth.twoFactor.setUpApp | typeof auth.twoFactor.setUpEmail>>>(
      method === "app" ? auth.twoFactor.setUpApp : auth.twoFactor.setUpEmail,
    );
    if (!begun.ok) return say({ problem: problemOf(begun) });
    if (method === "app") setScan(begun.data as Scan);
    else setMailing(true);
  }
  async function verify(method: Method, code: string) {
    const verified = await fresh(() => auth.twoFactor.verifySetUp(method, code));
    if (!verified.ok) return codeProblem(problemOf(verified) ?? { fields: {} });
    setScan(undefined);
    setMailing(false);
    if (verified.data.recoveryCodes) setCodes(verified.data.recoveryCodes);
    await load();
    await auth.me();
  }
  async function giveUp() {
    setScan(undefined);
    await auth.twoFactor.cancelSetUpApp();
  }
  async function renew() {
    say({});
    const renewed = await fresh(auth.twoFactor.regenerateRecoveryCodes);
    if (!renewed.ok) return say({ problem: problemOf(renewed) });
    setCodes(renewed.data.recoveryCodes);
    await load();
  }

  return (
    <Section id="two-factor" title={text("twofa.title")} said={said}>
      <p>{text("twofa.intro")}</p>
      {!listed && <Loading />}
      {listed && (
        <ul class="rows">
          {METHODS.map((method) => (
            <MethodRow
              key={method}
              method={method}
              entry={listed.methods.find((entry) => entry.method === method)}
              several={listed.methods.filter(({ status }) => status === "enabled").length > 1}
              setUp={() => setUp(method)}
              enable={() => act(() => auth.twoFactor.enable(method))}
              disable={async () => setAsked(method)}
              makePrimary={() => act(() => auth.twoFactor.setPrimary(method))}
            />
          ))}
          {user.twoFa.enabled && (
            <li>
              <div>
                <strong>{text("twofa.recovery")}</strong>
                <p class="hint">
                  {listed.recoveryCodesLeft === 1
                    ? text("twofa.recovery_one")
                    : text("twofa.recovery_left", { count: listed.recoveryCodesLeft })}{" "}
                  {text("twofa.recovery_note")}
                </p>
              </div>
              <Act run={renew}>{text("twofa.recovery_new")}</Act>
            </li>
          )}
        </ul>
      )}
      {scan && <ScanDialog scan={scan} send={(code) => verify("app", code)} close={giveUp} />}
      {mailing && (
        <Dialog title={text("twofa.mail_title")} close={() => setMailing(false)}>
          <p>{text("twofa.mail", { email: user.email })}</p>
          <Form
            send={({ otpCode = "" }) => verify("email", otpCode)}
            submit={text("twofa.turn_on")}
            after={<Cancel close={() => setMailing(false)} />}
          >
            {(wrong) => <CodeField problem={wrong} />}
          </Form>
        </Dialog>
      )}
      {asked && (
        <Dialog title={text("twofa.off_title")} close={() => setAsked(undefined)}>
          <p>{text("twofa.off_text")}</p>
          <div class="actions">
            <button
              type="button"
              class="danger"
              onClick={() => {
                setAsked(undefined);
                void act(() => auth.twoFactor.disable(asked));
              }}
            >
              {text("twofa.turn_off")}
            </button>
            <Cancel close={() => setAsked(undefined)} />
          </div>
        </Dialog>
      )}
      {codes && <RecoveryCodes codes={codes} close={() => setCodes(undefined)} />}
    </Section>
  );
}

interface RowProps {
  method: Method;
  entry: Listed["methods"][number] | undefined;
  several: boolean;
  setUp: () => Promise<unknown>;
  enable: () => Promise<unknown>;
  disable: () => Promise<unknown>;
  makePrimary: () => Promise<unknown>;
}

function MethodRow({ method, entry, several, setUp, enable, disable, makePrimary }: RowProps) {
  const on = entry?.status === "enabled";
  return (
    <li>
      <div>
        <strong>{text(`twofa.${method}`)}</strong> <span class={on ? "tag good" : "tag"}>{text(on ? "twofa.on" : "twofa.off")}</span>{" "}
        {on && several && entry.primary && <span class="tag">{text("twofa.primary")}</span>}
      </div>
      <div class="actions">
        {on && several && !entry.primary && <Act run={makePrimary}>{text("twofa.make_primary")}</Act>}
        {on && <Act run={disable}>{text("twofa.turn_off")}</Act>}
        {entry?.status === "disabled" && <Act run={enable}>{text("twofa.turn_on")}</Act>}
        {!on && <Act run={setUp}>{text("twofa.set_up")}</Act>}
      </div>
    </li>
  );
}

function ScanDialog({ scan, send, close }: { scan: Scan; send: (code: string) => ReturnType<Parameters<typeof Form>[0]["send"]>; close: () => void }) {
  return (
    <Dialog title={text("twofa.scan_title")} close={close}>
      <p>{text("twofa.scan")}</p>
      <img class="qr" src={scan.qrCode} alt={text("twofa.qr")} width="200" height="200" />
      <p class="hint">{text("twofa.secret")}</p>
      <p>
        <code>{scan.secret.replace(/(.{4})(?=.)/g, "$1 ")}</code>
      </p>
      <Form send={({ otpCode = "" }) => send(otpCode)} submit={text("twofa.turn_on")} after={<Cancel close={close} />}>
        {(wrong) => <CodeField problem={wrong} />}
      </Form>
    </Dialog>
  );
}

/** The recovery codes, shown once. */
function RecoveryCodes({ codes, close }: { codes: string[]; close: () => void }) {
  const [copied, setCopied] = useState(false);
  const [saved] = useState(() => URL.createObjectURL(new Blob([`${settings.product}\n\n${codes.join("\n")}\n`], { type: "text/plain" })));
  useEffect(() => () => URL.revokeObjectURL(saved), []);
  async function copy() {
    await navigator.clipboard.writeText(codes.join("\n")).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  }
  return (
    <Dialog title={text("twofa.codes_title")} close={close} firm>
      <p>{text("twofa.codes")}</p>
      <ol class="codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <div class="actions no-print">
        <Act run={copy}>{text(copied ? "twofa.copied" : "twofa.copy")}</Act>
        <button type="button" class="plain" onClick={() => print()}>
          {text("twofa.print")}
        </button>
        <a class="plain" href={saved} download="recovery-codes.txt">
          {text("twofa.download")}
        </a>
      </div>
      <div class="actions no-print">
        <button type="button" class="main" onClick={close}>
          {text("twofa.codes_done")}
        </button>
      </div>
    </Dialog>
  );
}
