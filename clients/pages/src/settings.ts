// What the service wrote into the page: its settings, and the redirect that it has checked.
const { dataset, lang } = document.documentElement;

/** The URL of the folder of these pages. They know no other path, so they work under any prefix. */
export const here = new URL(".", location.href);

/** The URL of the service: the folder above. */
export const service = new URL("..", here);

export const settings = {
  language: lang,
  languages: (dataset.languages ?? lang).split(" "),
  messages: dataset.messages ?? "",
  product: dataset.product ?? "",
  /** Where identity providers send the browser back to, with the base path. */
  publicUrl: dataset.publicUrl ?? "",
  terms: dataset.terms,
  privacy: dataset.privacy,
  logo: dataset.logo,
  /** Where to end after sign-in: a URL of an allowed origin, or nothing. */
  redirect: dataset.redirect,
  passwordMin: Number(dataset.passwordMin ?? 8),
};
