// Every text of the pages, by its name in messages/<language>.json.
import type en from "../messages/en.json";
import { service, settings } from "./settings.js";

export type TextName = keyof typeof en;

let messages: Partial<Record<string, string>> = {};

/** Fetches the texts of the page's language. */
export async function loadTexts(): Promise<void> {
  const files = await Promise.all(settings.messages.map(async (file) => (await fetch(file)).json()));
  messages = Object.assign({}, ...files);
}

const fill = (text: string, values: Record<string, string | number>) =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));

/** Returns a text with its placeholders filled. */
export const text = (name: TextName, values: Record<string, string | number> = {}): string =>
  fill(messages[name] ?? name, values);

/** Returns the text whose name ends with a code of the service, if there is one. */
export const textOfCode = (prefix: string, code: string, values: Record<string, string | number> = {}) => {
  const found = messages[`${prefix}.${code}`];
  return found === undefined ? undefined : fill(found, values);
};

const dates = new Intl.DateTimeFormat(settings.language, { dateStyle: "long" });
const times = new Intl.DateTimeFormat(settings.language, { dateStyle: "medium", timeStyle: "short" });
const names = new Intl.DisplayNames(settings.language, { type: "language", fallback: "code" });

export const date = (value: string) => dates.format(new Date(value));
export const time = (value: string) => times.format(new Date(value));
export const list = (values: string[]) => new Intl.ListFormat(settings.language, { type: "conjunction" }).format(values);

/** Returns the name of a language in that language. */
export const languageName = (language: string) =>
  new Intl.DisplayNames(language, { type: "language" }).of(language) ?? names.of(language) ?? language;

/** Stores the language for this browser. The service reads the cookie. */
export function chooseLanguage(language: string): void {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `auth-language=${language}; Path=${service.pathname}; Max-Age=31536000; SameSite=Lax${secure}`;
  location.reload();
}
