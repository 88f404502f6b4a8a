// The texts of the administration, besides those that every page has, and how it says when something was.
import type own from "../../messages/admin/en.json";
import { settings } from "../settings.js";
import { text, textOfCode, type TextName } from "../texts.js";

export type AdminText = TextName | keyof typeof own;

/** Returns a text with its placeholders filled. */
export const t = text as (name: AdminText, values?: Record<string, string | number>) => string;

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];
const relative = new Intl.RelativeTimeFormat(settings.language, { numeric: "auto" });

/** Returns how long ago that was, or how soon it will be. */
export function distance(value: string, now = Date.now()): string {
  const seconds = Math.round((new Date(value).getTime() - now) / 1000);
  const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? UNITS[3]!;
  return relative.format(Math.trunc(seconds / length), unit);
}

/** Returns the text for a value of the service, or the value itself. */
export const named = (prefix: string, value: string) => textOfCode(prefix, value) ?? value;
