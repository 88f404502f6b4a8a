import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Problem } from "../errors.js";
import { Alert, Notice } from "../ui.js";

/** What a section says of the last act in it. */
export interface Said {
  problem?: Problem | undefined;
  notice?: string | undefined;
}

export function useSaid() {
  const [said, say] = useState<Said>({});
  return { said, say };
}

/** A part of the account page. */
export function Section({ id, title, said, children }: { id: string; title: string; said?: Said; children: ComponentChildren }) {
  return (
    <section id={id} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{title}</h2>
      <Alert problem={said?.problem} />
      <Notice>{said?.notice}</Notice>
      {children}
    </section>
  );
}
