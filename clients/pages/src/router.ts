// Which page is shown. All of them are in one folder: `login`, `register`, and so on; the account itself is the folder.
import { useEffect, useState } from "preact/hooks";
import { here, invitation, settings } from "./settings.js";

export type Page = "" | "login" | "register" | "recover" | "verify" | "code" | "finish";

const PAGES: readonly string[] = ["login", "register", "recover", "verify", "code", "finish"];

const current = (): Page => {
  const name = location.pathname.split("/").at(-1) ?? "";
  return PAGES.includes(name) ? (name as Page) : "";
};

/** Returns the URL of a page. It keeps where to end, so that a reload knows it. */
export function hrefOf(page: Page): string {
  const url = new URL(page || ".", here);
  if (settings.redirect) url.searchParams.set("redirect", settings.redirect);
  if (page === "register" && invitation.token) url.hash = new URLSearchParams(invitation).toString();
  return url.href;
}

const listeners = new Set<() => void>();

/** Shows a page. */
export function show(page: Page, replace = false): void {
  history[replace ? "replaceState" : "pushState"](null, "", hrefOf(page));
  for (const listener of listeners) listener();
}

/** Returns the page to show, and renders again when it changes. */
export function usePage(): Page {
  const [page, setPage] = useState(current);
  useEffect(() => {
    const update = () => setPage(current());
    listeners.add(update);
    addEventListener("popstate", update);
    return () => {
      listeners.delete(update);
      removeEventListener("popstate", update);
    };
  }, []);
  return page;
}

const VISITED = "auth-redirected";

/**
 * Leaves for where the visitor came from. False if they come signed in and have just been sent back from there; whoever
 * has typed something meanwhile does not go round in circles.
 */
export function leave(target: string, arriving: boolean): boolean {
  const last = sessionStorage.getItem(VISITED) ?? "";
  const [when = "0", ...where] = last.split(" ");
  if (arriving && where.join(" ") === target && Date.now() - Number(when) < 10_000) return false;
  sessionStorage.setItem(VISITED, `${Date.now()} ${target}`);
  location.replace(target);
  return true;
}
