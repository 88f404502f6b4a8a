// The administration: for users with the role admin.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { FreshLogin } from "../account/fresh.js";
import { type Problem, words } from "../errors.js";
import { Footer, Header } from "../frame.js";
import { auth, type User } from "../session.js";
import { service, settings } from "../settings.js";
import { loadTexts } from "../texts.js";
import { Act, Alert, Loading, Title } from "../ui.js";
import { Audit } from "./audit.js";
import { Invitations } from "./invitations.js";
import { Link } from "./parts.js";
import { usePlace, type View } from "./router.js";
import { ServiceStatus } from "./service.js";
import { type AdminText, t } from "./texts.js";
import { UserPage } from "./user.js";
import { Users } from "./users.js";

const PAGES: [View, AdminText][] = [
  ["", "users.title"],
  ["invitations", "invitations.title"],
  ["audit", "audit.title"],
  ["service", "service.title"],
];

const account = new URL("account/", service);

/** Leaves for the sign-in, which comes back here. It ends only at the public URL, so that is where it has to begin. */
function signIn() {
  const { publicUrl } = settings;
  if (publicUrl && new URL(publicUrl).origin !== location.origin) {
    const page = location.pathname.split("/").at(-1) ?? "";
    location.replace(new URL(`admin/${page}${location.search}`, publicUrl));
    return;
  }
  const url = new URL("login", account);
  url.searchParams.set("redirect", location.href);
  location.replace(url);
}

function useUser() {
  const [user, setUser] = useState<User | null | undefined>();
  const [failed, setFailed] = useState<Problem>();
  async function load() {
    setFailed(undefined);
    const me = await auth.me();
    if (me.ok) setUser(me.data);
    else if (me.error.status === 401) setUser(null);
    else setFailed(words(me.error));
  }
  useEffect(() => {
    void load();
    return auth.onSessionChange((change) => setUser(change.user));
  }, []);
  useEffect(() => {
    if (user === null) signIn();
  }, [user]);
  return { user, failed, load };
}

function App() {
  const { user, failed, load } = useUser();
  const isAdmin = user?.roles.includes("admin");
  return (
    <>
      <Header>{isAdmin && <Bar user={user as User} />}</Header>
      {failed ? (
        <main class="card">
          <Title>{t("error.title")}</Title>
          <Alert problem={failed} />
          <Act kind="main" run={load}>
            {t("common.try_again")}
          </Act>
        </main>
      ) : !user ? (
        <main class="card">
          <Loading />
        </main>
      ) : isAdmin ? (
        <main class="wide">
          <FreshLogin key={user.id} user={user}>
            <Page />
          </FreshLogin>
        </main>
      ) : (
        <NoAdmin user={user} />
      )}
      <Footer />
    </>
  );
}

function Bar({ user }: { user: User }) {
  const { view } = usePlace();
  return (
    <>
      <nav aria-label={t("nav.label")}>
        {PAGES.map(([page, name]) => (
          <Link key={page} to={page} current={view === page || (view === "user" && page === "")}>
            {t(name)}
          </Link>
        ))}
      </nav>
      <a class="who long" href={account.href} title={user.email}>
        {t("nav.account")}
      </a>
    </>
  );
}

function Page() {
  const { view, query } = usePlace();
  const pages: Record<View, () => preact.JSX.Element> = {
    "": () => <Users query={query} />,
    user: () => <UserPage key={query.get("id")} id={query.get("id") ?? ""} />,
    invitations: () => <Invitations />,
    audit: () => <Audit key={query.toString()} query={query} />,
    service: () => <ServiceStatus />,
  };
  return pages[view]();
}

/** Who is signed in lacks the role. */
const NoAdmin = ({ user }: { user: User }) => (
  <main class="card">
    <Title>{t("no_admin.title")}</Title>
    <p class="long">{t("no_admin.text", { email: user.email })}</p>
    <div class="actions">
      <a class="main" href={account.href}>
        {t("redirect.account")}
      </a>
      <Act run={() => auth.logout()}>{t("no_admin.other")}</Act>
    </div>
  </main>
);

async function start() {
  await loadTexts();
  const root = document.getElementById("app");
  if (root) render(<App />, root);
}

void start();
