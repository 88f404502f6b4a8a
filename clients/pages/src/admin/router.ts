// Which page of the administration is shown, and what its address says. All of them are in one folder.
import { useEffect, useState } from "preact/hooks";
import { here } from "../settings.js";

export type View = "" | "user" | "invitations" | "audit" | "service";
export type Query = Record<string, string | undefined>;

const VIEWS: readonly string[] = ["user", "invitations", "audit", "service"];

export interface Place {
  view: View;
  query: URLSearchParams;
}

const current = (): Place => {
  const name = location.pathname.split("/").at(-1) ?? "";
  return { view: VIEWS.includes(name) ? (name as View) : "", query: new URLSearchParams(location.search) };
};

/** Returns the URL of a page. */
export function hrefOf(view: View, query: Query = {}): string {
  const url = new URL(view || ".", here);
  for (const [name, value] of Object.entries(query)) if (value) url.searchParams.set(name, value);
  return url.href;
}

const listeners = new Set<() => void>();

/** Shows a page. */
export function show(view: View, query: Query = {}): void {
  history.pushState(null, "", hrefOf(view, query));
  for (const listener of listeners) listener();
}

/** Returns where the visitor is, and renders again when that changes. */
export function usePlace(): Place {
  const [place, setPlace] = useState(current);
  useEffect(() => {
    const update = () => setPlace(current());
    listeners.add(update);
    addEventListener("popstate", update);
    return () => {
      listeners.delete(update);
      removeEventListener("popstate", update);
    };
  }, []);
  return place;
}
