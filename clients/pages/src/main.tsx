// The pages of the service: sign-in, and the account of whoever is signed in.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Account } from "./account/account.js";
import { type Problem, words } from "./errors.js";
import { Footer, Header } from "./frame.js";
import { type Page, show, usePage } from "./router.js";
import { auth, type User } from "./session.js";
import { settings } from "./settings.js";
import { type Flow, useFlow } from "./sign-in/flow.js";
import { Login } from "./sign-in/login.js";
import { Register } from "./sign-in/register.js";
import { Code, Finish, Recover, Verify } from "./sign-in/steps.js";
import { loadTexts, text } from "./texts.js";
import { Alert, Loading, Title } from "./ui.js";

/** Who is signed in: nobody, or not known yet. */
type Who = User | null | undefined;

function useUser(flow: Flow) {
  const [user, setUser] = useState<Who>();
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
    return auth.onSessionChange((change) => {
      setUser(change.user);
      if (change.reason === "expired") flow.say(text("login.expired"));
    });
  }, []);
  return { user, failed, load };
}

function App() {
  const page = usePage();
  const flow = useFlow();
  const { user, failed, load } = useUser(flow);
  const [known, setKnown] = useState(false);

  // Whoever comes here signed in goes on; later changes of the session are the business of the forms.
  useEffect(() => {
    if (known || user === undefined) return;
    setKnown(true);
    if (user && page !== "finish") {
      if (settings.redirect) void flow.end(true);
      else if (page !== "") show("", true);
    }
  }, [user]);
  useEffect(() => {
    if (page === "" && user === null) show("login", true);
  }, [page, user]);

  if (flow.circling && settings.redirect) return <Circle target={settings.redirect} />;
  if (page === "finish") return <Card>{<Finish flow={flow} />}</Card>;
  if (failed) {
    return (
      <Card>
        <Title>{text("error.title")}</Title>
        <Alert problem={failed} />
        <button type="button" class="main" onClick={() => void load()}>
          {text("common.try_again")}
        </button>
      </Card>
    );
  }
  if (user === undefined || !known) {
    return (
      <Card>
        <Loading />
      </Card>
    );
  }
  if (page === "") {
    if (!user) return null;
    return (
      <main class="wide">
        <Account key={user.id} user={user} flow={flow} />
      </main>
    );
  }
  const pages: Record<Exclude<Page, "" | "finish">, () => preact.JSX.Element> = {
    login: () => <Login flow={flow} />,
    register: () => <Register flow={flow} />,
    recover: () => <Recover flow={flow} />,
    verify: () => <Verify flow={flow} />,
    code: () => <Code flow={flow} />,
  };
  return <Card key={page}>{pages[page]()}</Card>;
}

const Card = ({ children }: { children: preact.ComponentChildren }) => <main class="card">{children}</main>;

/** The page that sent the visitor here keeps sending them back. */
const Circle = ({ target }: { target: string }) => (
  <Card>
    <Title>{text("redirect.title")}</Title>
    <p>{text("redirect.text")}</p>
    <div class="actions">
      <a class="main" href={target}>
        {text("redirect.go")}
      </a>
      <a class="plain" href=".">
        {text("redirect.account")}
      </a>
    </div>
  </Card>
);

async function start() {
  await loadTexts();
  const root = document.getElementById("app");
  if (!root) return;
  render(
    <>
      <Header />
      <App />
      <Footer />
    </>,
    root,
  );
}

void start();
