// Words for refused requests.
import type { AuthError } from "@auth-service/client";
import { text, textOfCode } from "./texts.js";

export interface Problem {
  /** What happened, unless one field says it. */
  message?: string | undefined;
  /** By JSON pointer without its slash. */
  fields: Record<string, string>;
}

export const problem = (message: string): Problem => ({ message, fields: {} });

function wait(seconds: number): string {
  if (seconds === 1) return text("error.second");
  return seconds < 120
    ? text("error.seconds", { seconds })
    : text("error.minutes", { minutes: Math.ceil(seconds / 60) });
}

type FieldError = NonNullable<AuthError["errors"]>[number];

function fieldText({ field, reason, message, min, max }: FieldError): string {
  if (reason === "required") return text("error.required");
  if (reason === "too_short") return text("error.too_short", { min: min ?? 1 });
  if (reason === "too_long") return text("error.too_long", { max: max ?? "" });
  if (field === "/email") return text("error.email_format");
  if (field === "/username") return text("error.username_format");
  return reason === "format" ? text("error.format") : message;
}

/** Says what went wrong. `passwordField` is the name of the field with the new password, if the form has one. */
export function words(error: AuthError, passwordField = "password"): Problem {
  const { code, errors, field, reasons, retryAfter } = error;
  if (code === "VALIDATION_FAILED" && errors) {
    return { fields: Object.fromEntries(errors.map((wrong) => [wrong.field.slice(1), fieldText(wrong)])) };
  }
  if (code === "PASSWORD_POLICY" && reasons?.length) {
    const said = reasons.map((reason) => textOfCode("error.password", reason) ?? text("error.PASSWORD_POLICY"));
    return { fields: { [passwordField]: said.join(" ") } };
  }
  if (code === "RATE_LIMITED") return problem(wait(retryAfter ?? 60));
  const said = textOfCode("error", code) ?? (error.status ? error.message : text("error.unknown"));
  return field ? { fields: { [field.slice(1)]: said } } : problem(said);
}

/** Says what a code in the address of this page means. */
export const codeWords = (code: string) => textOfCode("error", code) ?? text("error.unknown");
