//! A repository, served as the hub serves one: small files at once, large ones from elsewhere.

use std::path::Path;
use std::time::Duration;

use hub::{Found, Hub, HubError, Name, Patience};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::server::{Pace, Reply, Request, Server};

/// The commit that everything is at.
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
/// Where large files are.
pub const ELSEWHERE: &str = "/elsewhere/weights";
/// Its name.
pub const NAME: &str = "somebody/net";

pub fn config() -> Vec<u8> {
    br#"{"architecture": "resnet18"}"#.to_vec()
}

/// Contents that no two places of are alike.
pub fn contents() -> Vec<u8> {
    (0..300_000_u32)
        .flat_map(|value| value.wrapping_mul(2_654_435_761).to_le_bytes())
        .collect()
}

pub fn sha256(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the hub says of a small file.
pub fn small(bytes: &[u8]) -> Reply {
    Reply::new(200)
        .with("X-Repo-Commit", COMMIT)
        .with("ETag", "\"aabbccdd00112233445566778899aabbccddeeff\"")
        .with_body(bytes)
}

/// What the hub says of a large file: its checksum, and where it is.
pub fn large(bytes: &[u8]) -> Reply {
    Reply::new(302)
        .with("Location", ELSEWHERE)
        .with("X-Repo-Commit", COMMIT)
        .with("X-Linked-Etag", format!("\"{}\"", sha256(bytes)))
        .with("X-Linked-Size", bytes.len())
}

pub fn no_entry() -> Reply {
    Reply::new(404)
        .with("X-Error-Code", "EntryNotFound")
        .with("X-Repo-Commit", COMMIT)
}

/// The path that a file of the repository is asked for under.
pub fn path(file: &str) -> String {
    format!("/{NAME}/resolve/main/{file}")
}

/// The repository: weights that lie elsewhere, and are sent as this says; and a configuration.
pub fn answer(
    request: &Request,
    weights: &str,
    elsewhere: impl Fn(&Request, &[u8]) -> Reply,
) -> Reply {
    let contents = contents();
    match request.path.as_str() {
        ELSEWHERE => elsewhere(request, &contents),
        own if own == path(weights) => large(&contents),
        own if own == path("config.json") => small(&config()),
        _ => no_entry(),
    }
}

/// A server with the repository.
pub fn serve(elsewhere: impl Fn(&Request, &[u8]) -> Reply + Send + Sync + 'static) -> Server {
    Server::new(move |request| answer(request, "model.safetensors", &elsewhere))
}

/// A server with the repository, whose large file comes at this pace each time that it is asked
/// for; at the last of them from then on.
pub fn serve_at<const N: usize>(paces: [Pace; N]) -> Server {
    let count = std::sync::atomic::AtomicUsize::new(0);
    serve(move |request, contents| {
        let index = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Reply::part(request, contents).at(paces[index.min(N - 1)])
    })
}

/// A hub at a server, with an empty cache, that does not wait long.
pub fn hub(server: &Server) -> (Hub, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let hub = hub_in(folder.path()).with_endpoint(&server.endpoint);
    (hub, folder)
}

pub fn hub_in(folder: &Path) -> Hub {
    Hub::new(folder.join("hub")).with_patience(Patience {
        connect: Duration::from_secs(2),
        silence: Duration::from_millis(500),
        attempts: 3,
        pause: Duration::from_millis(10),
    })
}

pub fn name() -> Name {
    NAME.parse().expect("a name")
}

pub fn weights(hub: &Hub) -> Result<Found, HubError> {
    hub.weights(&name(), &mut |_| {})
}

pub fn message(hub: &Hub) -> String {
    weights(hub).expect_err("there is none").to_string()
}
