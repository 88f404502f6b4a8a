//! The HTML of a page: what the script needs to know, and a form for browsers that run no scripts.

use std::fmt::Write as _;

use super::files::Pages;
use super::texts::Texts;

/// One of the pages. The script decides what it shows; without it, only signing in works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// The password of a sign-in.
    Login,
    /// Its second factor.
    Code,
    /// Any other of them.
    Other,
    /// One of the administration.
    Admin,
}

/// What differs between two requests for a page.
pub(crate) struct Written<'a> {
    /// Which page it is.
    pub(crate) view: View,
    /// The URL of the service with its base path, for browsers.
    pub(crate) public_url: &'a str,
    /// Where a sign-in ends: a URL that was checked.
    pub(crate) redirect: Option<&'a str>,
    /// The code of an error, for the form.
    pub(crate) error: Option<&'a str>,
    /// Whether a sign-in without scripts has just ended here.
    pub(crate) signed_in: bool,
}

/// Writes text into HTML, between tags or in quotes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

impl Pages {
    /// Returns the page.
    pub(crate) fn html(&self, texts: &Texts, written: &Written<'_>) -> String {
        let (language, title) = (texts.language, escape(texts.text(title_of(written.view))));
        let (data, product) = (self.data(texts, written), escape(&self.options.product_name));
        let noscript = self.without_scripts(texts, written);
        let styles: String = self
            .styles_of(written.view)
            .map(|style| format!("<link rel=\"stylesheet\" href=\"assets/{style}\">\n"))
            .collect();
        let messages: String = messages_of(texts, written.view)
            .map(|file| format!("<link rel=\"preload\" href=\"assets/{file}\" as=\"fetch\" crossorigin>\n"))
            .collect();
        let script = if written.view == View::Admin { &self.admin_script } else { &self.script };
        format!(
            "<!doctype html>\n<html lang=\"{language}\"{data}>\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"robots\" content=\"noindex\">\n\
             <title>{title} · {product}</title>\n<link rel=\"icon\" href=\"data:,\">\n{styles}{messages}\
             <script type=\"module\" src=\"assets/{script}\"></script>\n</head>\n<body>\n<div id=\"app\"></div>\n\
             <noscript>{noscript}</noscript>\n</body>\n</html>\n"
        )
    }

    fn styles_of(&self, view: View) -> impl Iterator<Item = &String> {
        self.styles.iter().chain((view == View::Admin).then_some(&self.admin_style))
    }

    /// Returns the attributes that the script reads.
    fn data(&self, texts: &Texts, written: &Written<'_>) -> String {
        let languages: Vec<&str> = self.texts.iter().map(|texts| texts.language).collect();
        let password_min = self.options.password_min.to_string();
        let messages: Vec<String> = messages_of(texts, written.view).map(|file| format!("assets/{file}")).collect();
        let messages = messages.join(" ");
        let logo = self.logo.as_ref().map(|name| format!("assets/{name}"));
        let attributes = [
            ("languages", Some(languages.join(" "))),
            ("messages", Some(messages)),
            ("product", Some(self.options.product_name.clone())),
            ("public-url", Some(written.public_url.to_owned())),
            ("password-min", Some(password_min)),
            ("terms", self.options.terms.clone()),
            ("privacy", self.options.privacy.clone()),
            ("logo", logo),
            ("requests-exports", self.options.requests_exports.then(String::new)),
            ("redirect", written.redirect.map(str::to_owned)),
        ];
        let mut data = String::new();
        for (name, value) in attributes.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            // Writing into memory cannot fail.
            let _ = write!(data, " data-{name}=\"{}\"", escape(&value));
        }
        data
    }

    fn without_scripts(&self, texts: &Texts, written: &Written<'_>) -> String {
        let name = |name| escape(texts.text(name));
        let product = escape(&self.options.product_name);
        let login = if written.view == View::Admin { "../account/login" } else { "login" };
        let error = written
            .error
            .map(|code| format!("<div role=\"alert\"><p class=\"note bad\">{}</p></div>", escape(texts.error(code))));
        let redirect =
            written.redirect.map(|url| format!("<input type=\"hidden\" name=\"redirect\" value=\"{}\">", escape(url)));
        let (error, redirect) = (error.unwrap_or_default(), redirect.unwrap_or_default());
        let content = match written.view {
            View::Login => login_form(&name, &error, &redirect),
            View::Code => code_form(&name, &error, &redirect),
            View::Other if written.signed_in => {
                format!("<h1>{}</h1><p>{}</p>", name("scripts.signed_in"), name("scripts.needed"))
            }
            View::Other | View::Admin => format!(
                "<h1>{product}</h1><p>{}</p><p><a href=\"{login}\">{}</a></p>",
                name("scripts.needed"),
                name("login.title")
            ),
        };
        format!("<header><a href=\"{login}\">{product}</a></header><main class=\"card\">{content}</main>")
    }
}

fn title_of(view: View) -> &'static str {
    if view == View::Admin { "admin.title" } else { "login.title" }
}

/// Returns the files with the texts that the view needs.
fn messages_of(texts: &Texts, view: View) -> impl Iterator<Item = &String> {
    [&texts.file].into_iter().chain((view == View::Admin).then_some(&texts.admin_file))
}

fn login_form(name: &dyn Fn(&'static str) -> String, error: &str, redirect: &str) -> String {
    format!(
        "<h1>{title}</h1><p>{off}</p>{error}<form method=\"post\" action=\"login\">{redirect}\
         <div class=\"field\"><label for=\"email\">{email}</label><div class=\"input\"><input id=\"email\" name=\"email\" \
         autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" required></div></div>\
         <div class=\"field\"><label for=\"password\">{password}</label><div class=\"input\"><input id=\"password\" \
         name=\"password\" type=\"password\" autocomplete=\"current-password\" required></div></div>\
         <button class=\"main\">{submit}</button></form>",
        title = name("login.title"),
        off = name("scripts.off"),
        email = name("field.name"),
        password = name("field.password"),
        submit = name("login.submit"),
    )
}

fn code_form(name: &dyn Fn(&'static str) -> String, error: &str, redirect: &str) -> String {
    format!(
        "<h1>{title}</h1>{error}<form method=\"post\" action=\"code\">{redirect}\
         <div class=\"field\"><label for=\"method\">{method}</label><select id=\"method\" name=\"method\">\
         <option value=\"app\">{app}</option><option value=\"email\">{email}</option>\
         <option value=\"recovery\">{recovery}</option></select></div>\
         <div class=\"field\"><label for=\"code\">{code}</label><div class=\"input\"><input id=\"code\" name=\"code\" \
         autocomplete=\"one-time-code\" autocapitalize=\"none\"></div></div>\
         <button class=\"main\">{submit}</button></form>\
         <form class=\"switch\" method=\"post\" action=\"code\">{redirect}<input type=\"hidden\" name=\"method\" \
         value=\"send\"><button class=\"link\">{send}</button></form>",
        title = name("factor.title"),
        method = name("factor.method"),
        app = name("factor.use_app"),
        email = name("factor.use_email"),
        recovery = name("factor.use_recovery"),
        code = name("field.code"),
        submit = name("factor.submit"),
        send = name("fresh.send"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_wrote_stays_text() {
        assert_eq!(escape("<a href='x' b=\"y\">&"), "&lt;a href=&#39;x&#39; b=&quot;y&quot;&gt;&amp;");
    }
}
