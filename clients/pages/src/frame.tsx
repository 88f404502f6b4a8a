// What is around every page: the name above, links and the language below.
import type { ComponentChildren } from "preact";
import { keepLanguage } from "./session.js";
import { settings } from "./settings.js";
import { chooseLanguage, languageName, text } from "./texts.js";

export const Header = ({ children }: { children?: ComponentChildren }) => (
  <header>
    <a href=".">
      {settings.logo && <img src={settings.logo} alt="" height="32" />} <span>{settings.product}</span>
    </a>
    {children}
  </header>
);

async function choose(language: string) {
  await keepLanguage(language);
  chooseLanguage(language);
}

export const Footer = () => (
  <footer>
    {settings.terms && <a href={settings.terms}>{text("footer.terms")}</a>}
    {settings.privacy && <a href={settings.privacy}>{text("footer.privacy")}</a>}
    {settings.languages.length > 1 && (
      <select
        aria-label={text("language.choose")}
        value={settings.language}
        onChange={(event) => void choose(event.currentTarget.value)}
      >
        {settings.languages.map((language) => (
          <option key={language} value={language} lang={language}>
            {languageName(language)}
          </option>
        ))}
      </select>
    )}
  </footer>
);
