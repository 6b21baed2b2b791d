//! What the hub says of a file before it is downloaded.

use std::path::Path;

use ureq::http::header::HeaderName;
use ureq::http::{HeaderMap, Method, Request, Response, Uri};
use ureq::{Agent, Body};

use crate::cache::Folder;
use crate::certificates::believing;
use crate::hub::Hub;
use crate::name::is_commit;
use crate::patience::Patience;
use crate::{HubError, Name};

/// How often the hub may send elsewhere before it says what a file is.
const REDIRECTS: usize = 5;

/// What to do where nobody is named.
const NO_TOKEN: &str = "set HF_TOKEN to a token of yours, which \
                        https://huggingface.co/settings/tokens gives";

/// A file that is asked for.
pub(crate) struct Asked<'a> {
    pub name: &'a Name,
    pub file: &'a str,
    pub cache: &'a Path,
    pub folder: &'a Folder,
    pub url: String,
}

/// What the hub states of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stated {
    /// The commit that the revision is at.
    pub commit: String,
    /// What tells its contents from others: for large files their SHA-256.
    pub etag: String,
    pub size: Option<u64>,
}

impl Stated {
    /// The checksum of the contents, where it is stated.
    pub fn sha256(&self) -> Option<&str> {
        let is_hash = self.etag.len() == 64 && self.etag.bytes().all(|b| b.is_ascii_hexdigit());
        is_hash.then_some(&self.etag)
    }
}

/// Why there is no answer.
pub(crate) enum Unanswered {
    /// An address does not answer.
    Silent(String, ureq::Error),
    /// It sends nowhere.
    Lost(HubError),
}

/// The way to a hub.
pub(crate) struct Remote<'a> {
    hub: &'a Hub,
    agent: Agent,
}

impl<'a> Remote<'a> {
    pub fn new(hub: &'a Hub) -> Result<Self, HubError> {
        let Patience {
            connect, silence, ..
        } = hub.patience;
        let config = Agent::config_builder()
            .user_agent(concat!("skip-connections/", env!("CARGO_PKG_VERSION")))
            .http_status_as_error(false)
            // Redirects are followed here, where it is known who may have the token.
            .max_redirects(0)
            .proxy(hub.proxy.clone())
            .tls_config(believing(hub.certificates.as_deref())?)
            .timeout_resolve(Some(connect))
            .timeout_connect(Some(connect))
            .timeout_recv_response(Some(silence))
            // Of each read, so that a slow download that lives goes on.
            .timeout_per_read(Some(silence));
        Ok(Self {
            hub,
            agent: config.build().into(),
        })
    }

    pub fn patience(&self) -> Patience {
        self.hub.patience
    }

    /// Asks what a file is. A hub that sends to where large files lie says so itself on the way. A
    /// commit that has no such file is remembered.
    pub fn state(&self, asked: &Asked<'_>) -> Result<Stated, HubError> {
        let mut commit = None;
        let mut is_stated = |headers: &HeaderMap| {
            commit = commit.take().or_else(|| text(headers, "x-repo-commit"));
            headers.contains_key("x-linked-etag")
        };
        let found = self.follow(Method::HEAD, &asked.url, 0, &mut is_stated);
        let (url, response) = found.map_err(|unanswered| match unanswered {
            Unanswered::Silent(url, error) => asked.unreachable(&url, &error),
            Unanswered::Lost(error) => error,
        })?;
        let status = response.status();
        match status.is_success() || status.is_redirection() {
            true => stated(&url, response.headers(), commit),
            false => Err(self.refused(asked, &url, &response)),
        }
    }

    /// Asks for a file's contents from this place on.
    pub fn get(&self, url: &str, start: u64) -> Result<Response<Body>, Unanswered> {
        let (_, response) = self.follow(Method::GET, url, start, &mut |_| false)?;
        Ok(response)
    }

    /// The answer, and the address that gave it: the first that does not send elsewhere, or that is
    /// enough.
    fn follow(
        &self,
        method: Method,
        url: &str,
        start: u64,
        is_enough: &mut dyn FnMut(&HeaderMap) -> bool,
    ) -> Result<(String, Response<Body>), Unanswered> {
        let mut url = url.to_string();
        for _ in 0..=REDIRECTS {
            let response = self.ask(method.clone(), &url, start);
            let response = response.map_err(|error| Unanswered::Silent(url.clone(), error))?;
            let headers = response.headers();
            if is_enough(headers) || !response.status().is_redirection() {
                return Ok((url, response));
            }
            url = next(&url, headers).map_err(Unanswered::Lost)?;
        }
        Err(Unanswered::Lost(answer(&url, "with too many redirects")))
    }

    fn ask(&self, method: Method, url: &str, start: u64) -> Result<Response<Body>, ureq::Error> {
        let mut request = Request::builder()
            .method(method)
            .uri(url)
            // Contents as they are: a place in what is packed is no place in them.
            .header("accept-encoding", "identity");
        if start > 0 {
            request = request.header("range", format!("bytes={start}-"));
        }
        if let Some(token) = &self.hub.token
            && authority(url) == authority(&self.hub.endpoint)
        {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.agent.run(request.body(())?)
    }

    /// What an answer means that is no file.
    fn refused(&self, asked: &Asked<'_>, url: &str, response: &Response<Body>) -> HubError {
        let status = response.status().as_u16();
        let code = text(response.headers(), "x-error-code").unwrap_or_default();
        let name = asked.name.repository().to_string();
        let url = url.to_string();
        let not_there = |what: String| HubError::NotThere {
            name: name.clone(),
            what,
            url: url.clone(),
        };
        let no_file = |else_what| HubError::NoFile {
            name: name.clone(),
            file: asked.file.to_string(),
            else_what,
            url: url.clone(),
        };
        match (status, code.as_str()) {
            (404, "RevisionNotFound") => {
                not_there(format!("it has no revision '{}'", asked.name.revision()))
            }
            (404, "RepoNotFound") => not_there("there is no such repository".to_string()),
            (404, "EntryNotFound") => {
                let commit = text(response.headers(), "x-repo-commit");
                let commit = commit.filter(|commit| is_commit(commit));
                let remember = |commit: String| asked.folder.remember_missing(&commit, asked.file);
                match commit.map_or(Ok(()), remember) {
                    Ok(()) => no_file(""),
                    Err(error) => error,
                }
            }
            (404, _) => no_file(", or there is no such repository or revision"),
            (401 | 403, _) => HubError::Refused {
                name,
                status,
                token: match self.hub.token {
                    None => NO_TOKEN,
                    Some(_) => "the token that is given by HF_TOKEN, or kept, does not allow it",
                },
            },
            _ => answer(&url, &format!("with status {status}")),
        }
    }
}

impl Asked<'_> {
    pub fn unreachable(&self, url: &str, error: &ureq::Error) -> HubError {
        HubError::Unreachable {
            name: self.name.repository().to_string(),
            file: self.file.to_string(),
            cache: self.cache.to_path_buf(),
            url: url.to_string(),
            reason: error.to_string(),
        }
    }
}

pub(crate) fn answer(url: &str, reason: &str) -> HubError {
    HubError::Answer {
        url: url.to_string(),
        reason: reason.to_string(),
    }
}

fn stated(url: &str, headers: &HeaderMap, commit: Option<String>) -> Result<Stated, HubError> {
    let missing = |what: &str| answer(url, &format!("without {what}, which a hub states"));
    let commit = commit.filter(|commit| is_commit(commit));
    let etag = text(headers, "x-linked-etag").or_else(|| text(headers, "etag"));
    let etag = etag.map(|etag| etag.trim_start_matches("W/").trim_matches('"').to_string());
    let size = text(headers, "x-linked-size").or_else(|| text(headers, "content-length"));
    Ok(Stated {
        commit: commit.ok_or_else(|| missing("X-Repo-Commit"))?,
        etag: etag
            .filter(|etag| is_file_name(etag))
            .ok_or_else(|| missing("an ETag"))?,
        size: size.and_then(|size| size.parse().ok()),
    })
}

/// Whether a text that a stranger sent can be the name of a file.
fn is_file_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=128).contains(&text.len()) && text.bytes().all(allowed)
}

pub(crate) fn text(headers: &HeaderMap, name: &'static str) -> Option<String> {
    let value = headers.get(HeaderName::from_static(name))?;
    value.to_str().ok().map(str::to_string)
}

/// Where a redirect leads.
fn next(url: &str, headers: &HeaderMap) -> Result<String, HubError> {
    let wrong = || answer(url, "with a redirect that leads nowhere");
    let location = text(headers, "location").ok_or_else(wrong)?;
    if location.starts_with("https://") || location.starts_with("http://") {
        return Ok(location);
    }
    let own: Uri = url.parse().map_err(|_| wrong())?;
    match (own.scheme_str(), own.authority()) {
        (Some(scheme), Some(authority)) if location.starts_with('/') => {
            Ok(format!("{scheme}://{authority}{location}"))
        }
        _ => Err(wrong()),
    }
}

fn authority(url: &str) -> Option<String> {
    let url: Uri = url.parse().ok()?;
    url.authority().map(|authority| authority.to_string())
}
