// What the service wrote into the page: its settings, and the redirect that it has checked.
const { dataset, lang } = document.documentElement;

/** The URL of the folder of these pages. They know no other path, so they work under any prefix. */
export const here = new URL(".", location.href);

/** Its name: `account` or `admin`. */
export const folder = here.pathname.split("/").at(-2) ?? "";

/** The URL of the service: the folder above. */
export const service = new URL("..", here);

export const settings = {
  language: lang,
  languages: (dataset.languages ?? lang).split(" "),
  /** The files with the texts. */
  messages: (dataset.messages ?? "").split(" "),
  product: dataset.product ?? "",
  /** Where identity providers send the browser back to, with the base path. */
  publicUrl: dataset.publicUrl ?? "",
  terms: dataset.terms,
  privacy: dataset.privacy,
  logo: dataset.logo,
  /** Where to end after sign-in: a URL of an allowed origin, or nothing. */
  redirect: dataset.redirect,
  /** Whether users can request what other services keep about them. */
  requestsExports: dataset.requestsExports !== undefined,
  passwordMin: Number(dataset.passwordMin ?? 8),
};

const invited = new URLSearchParams(location.hash.slice(1));

/** The invitation that the link to this page contains, behind `#`, and the address that it is for. */
export const invitation = { token: invited.get("invitation") ?? "", email: invited.get("email") ?? "" };
