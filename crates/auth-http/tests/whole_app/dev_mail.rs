//! The page with the mails that were written to files: who may see it, and what it may do.

use std::sync::Arc;

use async_trait::async_trait;
use auth_domain::mail::SentMail;
use auth_domain::ports::{SentMails, SentMailsError};
use auth_domain::use_cases::Policy;
use auth_domain::{MailId, Timestamp};

use crate::harness::{App, Client, Reply};

/// Mails, or none where they cannot be read.
struct Mails(Option<Vec<SentMail>>);

impl Mails {
    fn all(&self) -> Result<Vec<SentMail>, SentMailsError> {
        self.0.clone().ok_or_else(|| SentMailsError("data/mail: permission denied".to_owned()))
    }
}

#[async_trait]
impl SentMails for Mails {
    async fn latest(&self, most: usize) -> Result<Vec<SentMail>, SentMailsError> {
        Ok(self.all()?.into_iter().take(most).collect())
    }

    async fn find(&self, id: MailId) -> Result<Option<SentMail>, SentMailsError> {
        Ok(self.all()?.into_iter().find(|mail| mail.id == id))
    }
}

fn mail(number: i64, subject: &str) -> SentMail {
    SentMail {
        id: MailId::generate(Timestamp::from_seconds(1_800_000_000 + number), [7; 32]),
        to: "ann@example.org".to_owned(),
        subject: subject.to_owned(),
        date: "Fri, 15 Jan 2027 08:00:00 +0000".to_owned(),
        text: "Enter <this> code:\n\n042137\n\nhttps://auth.example.org/account/register#invitation=x&email=y\n"
            .to_owned(),
        html: "<!doctype html>\n<p>the HTML of the mail</p>\n<script>alert(1)</script>\n".to_owned(),
    }
}

async fn app(mails: Option<Vec<SentMail>>) -> App {
    App::with(Policy::for_tests(), |edge| {
        edge.sent_mails = Some(Arc::new(Mails(mails)));
        edge.base_paths = vec!["/".to_owned(), "/api/".to_owned()];
    })
    .await
}

/// A browser on this machine.
fn browser(app: &App) -> Client {
    app.client().header("Host", "localhost:8080")
}

fn text(reply: &Reply) -> String {
    String::from_utf8(reply.bytes.clone()).unwrap()
}

fn header<'a>(reply: &'a Reply, name: &str) -> &'a str {
    reply.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn the_page_shows_the_mails_and_runs_nothing() {
    let app = app(Some(vec![mail(2, "Second & <last>"), mail(1, "First")])).await;
    for base in ["", "/api"] {
        let reply = browser(&app).get(&format!("{base}/dev/mail")).await;
        assert_eq!(reply.status, 200);
        let html = text(&reply);
        assert!(html.find("Second &amp; &lt;last&gt;") < html.find("First"), "{html}");
        for part in [
            "To ann@example.org, Fri, 15 Jan 2027",
            "Enter &lt;this&gt; code:",
            "\n042137\n",
            "#invitation=x&amp;email=y\">",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
        assert!(!html.contains("<script") && !html.contains("style="), "{html}");
        let policy = header(&reply, "content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; style-src 'self'; img-src data:; frame-src 'self';"),
            "{policy}"
        );
        assert_eq!((header(&reply, "cache-control"), header(&reply, "x-frame-options")), ("no-store", "DENY"));

        let frame = html.split_once("<iframe sandbox src=\"").unwrap().1.split('"').next().unwrap();
        let reply = browser(&app).get(&format!("{base}/dev/{frame}")).await;
        assert!(reply.status == 200 && text(&reply).contains("the HTML of the mail"), "{reply:?}");
        let policy = header(&reply, "content-security-policy");
        assert!(policy.starts_with("default-src 'none';") && policy.ends_with("; sandbox"), "{policy}");
        assert!(policy.contains("frame-ancestors 'self'") && !policy.contains("script-src"), "{policy}");
        let style = browser(&app).get(&format!("{base}/dev/mail/style.css")).await;
        assert_eq!((style.status, header(&style, "content-type")), (200, "text/css; charset=utf-8"));
    }
    let unknown = MailId::generate(Timestamp::from_seconds(1), [1; 32]);
    for path in [format!("/dev/mail/{unknown}"), "/dev/mail/x".to_owned(), "/dev/mail/".to_owned(), "/dev/".to_owned()]
    {
        assert_eq!(browser(&app).get(&path).await.status, 404, "{path}");
    }
    assert!(
        text(&browser(&self::app(Some(vec![])).await).get("/dev/mail").await).contains("No mail has been sent yet.")
    );
    assert_eq!(browser(&self::app(None).await).get("/dev/mail").await.status, 503);
}

#[tokio::test]
async fn nobody_else_sees_it() {
    let first = mail(1, "First");
    let app = app(Some(vec![first.clone()])).await;
    let strangers = [
        app.client(),
        app.client().header("Host", "evil.example"),
        app.client().header("Host", "evil.example:8080"),
        app.client().header("Host", "localhost.evil.example"),
        app.at("192.0.2.1").header("Host", "localhost:8080"),
        browser(&app).header("Origin", "https://app.example.org"),
        browser(&app).header("Origin", "null"),
        browser(&app).header("X-Forwarded-For", "192.0.2.1"),
        browser(&app).header("Forwarded", "for=192.0.2.1"),
        browser(&app).header("X-Forwarded-Host", "auth.example.org"),
        browser(&app).header("X-Real-IP", "192.0.2.1"),
        browser(&app).header("Via", "1.1 proxy"),
    ];
    for stranger in strangers {
        for path in ["/dev/mail".to_owned(), format!("/dev/mail/{}", first.id), "/dev/mail/style.css".to_owned()] {
            let reply = stranger.get(&path).await;
            assert_eq!(reply.status, 404, "{path}");
            assert!(!text(&reply).contains("042137"), "{path}");
        }
    }
    let rebound = app.client().header("Host", "localhost").get("http://evil.example/dev/mail").await;
    assert_eq!(rebound.status, 404, "the address in the request line counts too");
    let without = App::start().await;
    assert_eq!(browser(&without).get("/dev/mail").await.status, 404, "there are no files to show");
    let document = text(&browser(&app).get("/auth/doc/openapi.json").await);
    assert!(document.contains("/auth/login") && !document.contains("/dev/mail"));
}
