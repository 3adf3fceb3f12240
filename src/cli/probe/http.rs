//! `hactl probe http` and `hactl probe https`.

use std::sync::Arc;

use clap::Args;

use super::tls::Security;
use super::{Kind, ProbeArgs};
use crate::cli::Error;
use crate::probe::http::{self, Get, Http, Pattern, Protocol, Statuses, Until};
use crate::probe::target::{Host, Ports};
use crate::probe::tcp::OverTcp;
use crate::probe::tls::through;
use crate::probe::{At, Check, Target, Wanted};

#[derive(Debug, Args)]
struct Page {
    /// The path with its query; the target's own, or /, if absent
    #[arg(long, value_name = "PATH", help_heading = "Request")]
    path: Option<String>,
    /// The header Host (keepalived's virtualhost); the name of the target, or its address and port, if absent
    #[arg(long, value_name = "NAME", help_heading = "Request")]
    host: Option<String>,
    /// 1.0, 1.0C (1.0 that asks to close) or 1.1
    #[arg(long, value_name = "VERSION", default_value = "1.0", help_heading = "Request")]
    protocol: Protocol,
    /// Another header: 'Name: value'
    #[arg(long = "header", value_name = "HEADER", value_parser = http::header, help_heading = "Request")]
    headers: Vec<(String, String)>,
    /// Statuses that are good: 200,301-302
    #[arg(long, value_name = "LIST", default_value = "200-299", help_heading = "Answer")]
    status: Statuses,
    /// The MD5 of the body, as genhash prints it
    #[arg(long, value_name = "MD5", value_parser = digest, help_heading = "Answer")]
    digest: Option<Md5>,
    /// The answer, headers included, has to match this
    #[arg(long, value_name = "REGEX", help_heading = "Answer")]
    regex: Option<String>,
    /// Options of the pattern, as keepalived names them: caseless, multiline, dotall, extended, ungreedy, utf
    #[arg(long, value_name = "NAME", value_delimiter = ',', requires = "regex", help_heading = "Answer")]
    regex_options: Vec<String>,
    /// It must not match
    #[arg(long, requires = "regex", help_heading = "Answer")]
    regex_no_match: bool,
    /// Look for it from this byte on
    #[arg(long, value_name = "BYTE", default_value_t = 0, help_heading = "Answer")]
    regex_min_offset: usize,
    /// It has to begin before this byte
    #[arg(long, value_name = "BYTE", default_value_t = 0, help_heading = "Answer")]
    regex_max_offset: usize,
    /// Stop when the answer is complete by its headers, and decode chunks; keepalived reads until the server closes
    #[arg(long, help_heading = "Answer")]
    complete: bool,
    /// A longer body is a failure [default: 16777216; none with --digest, as for genhash]
    #[arg(long, value_name = "BYTES", help_heading = "Answer")]
    body_limit: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Md5([u8; 16]);

fn digest(text: &str) -> Result<Md5, String> {
    http::digest(text).map(Md5)
}

impl Page {
    /// What to ask; without the header Host where that depends on the address.
    fn get(&self, target: &Target) -> Result<(Get, Option<String>), Error> {
        if let (Some(_), Some(path)) = (&self.path, target.path.as_deref().filter(|p| *p != "/")) {
            return Err(Error::Other(format!(
                "{}: the URL has the path {path} already; leave out --path",
                target.text
            )));
        }
        let path = self.path.clone().or_else(|| target.path.clone()).unwrap_or_else(|| "/".into());
        let virtualhost = self.host.clone().or_else(|| match &target.host {
            Host::Name(name) => Some(name.clone()),
            Host::Address(..) => None,
        });
        let pattern = match &self.regex {
            Some(text) => {
                let options: Vec<&str> = self.regex_options.iter().map(String::as_str).collect();
                let mut pattern = Pattern::new(text, &options).map_err(Error::Other)?;
                pattern.forbidden = self.regex_no_match;
                pattern.min_offset = self.regex_min_offset;
                pattern.max_offset = self.regex_max_offset;
                Some(pattern)
            }
            None => None,
        };
        let get = Get {
            protocol: self.protocol,
            headers: self.headers.clone(),
            statuses: self.status.clone(),
            digest: self.digest.map(|d| d.0),
            pattern,
            until: if self.complete { Until::Complete } else { Until::End },
            limit: self.body_limit.unwrap_or(if self.digest.is_some() { u64::MAX } else { 16 << 20 }),
            ..Get::new(path, String::new())
        };
        Ok((get, virtualhost))
    }
}

fn page(get: &Get, virtualhost: Option<&str>, at: &At<'_>) -> Http {
    Http::new(Get { host: http::host(virtualhost, at.address.ip(), at.address.port()), ..get.clone() })
}

/// A URL says itself which kind it is for.
fn of_scheme(target: &Target, this: &str, other: &str) -> Result<(), Error> {
    match target.scheme.as_deref() {
        Some(scheme) if scheme == other => {
            Err(Error::Other(format!("{}: a URL of {other} is for `hactl probe {other}`, not {this}", target.text)))
        }
        Some(scheme) if scheme != this => Err(Error::Other(format!("{}: `{scheme}` is not {this}", target.text))),
        _ => Ok(()),
    }
}

#[derive(Debug, Args)]
pub struct HttpArgs {
    #[command(flatten)]
    common: ProbeArgs,
    #[command(flatten)]
    page: Page,
}

impl Kind for HttpArgs {
    const NAME: &'static str = "http";
    const EXAMPLES: &'static str = "\
Examples:
  hactl probe http web1                                      status 200 to 299, as keepalived judges
  hactl probe http http://10.0.0.1:8080/health --host www.example.org --status 200
  hactl probe http 10.0.0.0/28:80 --path /check --digest 5d41402abc4b2a76b9719d911017c592
  hactl probe http web1 --protocol 1.1 --complete --regex 'all is well'
";

    fn common(&self) -> &ProbeArgs {
        &self.common
    }

    fn ports(&self) -> Ports {
        Ports::Default(80)
    }

    fn check(&self, target: &Target) -> Result<Arc<dyn Check>, Error> {
        of_scheme(target, "http", "https")?;
        let (get, host) = self.page.get(target)?;
        Ok(Arc::new(OverTcp::new(Self::NAME, move |at| Box::new(page(&get, host.as_deref(), at)))))
    }
}

#[derive(Debug, Args)]
pub struct HttpsArgs {
    #[command(flatten)]
    common: ProbeArgs,
    #[command(flatten)]
    page: Page,
    #[command(flatten)]
    security: Security,
}

impl Kind for HttpsArgs {
    const NAME: &'static str = "https";
    const EXAMPLES: &'static str = "\
Examples:
  hactl probe https web1 --verify
  hactl probe https 10.0.0.1:8443 --sni www.example.org --host www.example.org --path /health
  hactl probe https web1 --no-sni                            as keepalived without enable_sni
";

    fn common(&self) -> &ProbeArgs {
        &self.common
    }

    fn wanted(&self) -> Result<Wanted, Error> {
        self.security.wanted(self.common.wanted()?)
    }

    fn ports(&self) -> Ports {
        Ports::Default(443)
    }

    fn check(&self, target: &Target) -> Result<Arc<dyn Check>, Error> {
        of_scheme(target, "https", "http")?;
        let (get, host) = self.page.get(target)?;
        let options = self.security.options(target)?;
        Ok(Arc::new(OverTcp::new(Self::NAME, move |at| through(&options, None, page(&get, host.as_deref(), at)))))
    }
}
