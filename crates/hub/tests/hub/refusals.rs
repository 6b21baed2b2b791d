//! Answers that no file follows from.

use std::net::TcpListener;

use crate::repository::{
    COMMIT, ELSEWHERE, answer, hub, hub_in, large, message, no_entry, path, serve, small, weights,
};
use crate::server::{Reply, Server};

fn message_of(answer: impl Fn() -> Reply + Send + Sync + 'static) -> String {
    let server = Server::new(move |_| answer());
    let (hub, _folder) = hub(&server);
    message(&hub)
}

#[test]
fn who_may_not_is_told_of_the_token() {
    for status in [401, 403] {
        let message = message_of(move || Reply::new(status).with("X-Error-Code", "RepoNotFound"));
        assert!(
            message.starts_with(&format!("somebody/net: the hub refuses it ({status}): "))
                && message.contains("set HF_TOKEN"),
            "{message}"
        );
    }
    let server = Server::new(|_| Reply::new(403).with("X-Error-Code", "GatedRepo"));
    let (hub, _folder) = hub(&server);
    let message = message(&hub.with_token("secret"));
    assert!(
        message.contains("the token that is given by HF_TOKEN, or kept, does not allow it")
            && !message.contains("secret"),
        "{message}"
    );
}

#[test]
fn the_token_goes_to_the_hub_and_not_to_where_it_redirects() {
    let other = serve(Reply::part);
    let elsewhere = format!("{}{ELSEWHERE}", other.endpoint);
    let server = Server::new(
        move |request| match request.path == path("model.safetensors") {
            true => Reply::new(302)
                .with("Location", &elsewhere)
                .with("X-Repo-Commit", COMMIT)
                .with(
                    "X-Linked-Etag",
                    crate::repository::sha256(&crate::repository::contents()),
                )
                .with("X-Linked-Size", crate::repository::contents().len()),
            false => answer(request, "", Reply::part),
        },
    );
    let (hub, _folder) = hub(&server);
    weights(&hub.with_token("secret")).expect("served");
    let told = |server: &Server| {
        let requests = server.requests().into_iter();
        let told = requests.map(|request| request.header("authorization").map(str::to_string));
        told.collect::<Vec<_>>()
    };
    assert!(!told(&server).is_empty() && !told(&other).is_empty());
    assert!(
        told(&server)
            .iter()
            .all(|header| header.as_deref() == Some("Bearer secret"))
    );
    assert!(told(&other).iter().all(Option::is_none));
}

#[test]
fn what_does_not_exist_is_told_apart() {
    let nothing = message_of(no_entry);
    assert_eq!(
        nothing,
        "somebody/net has neither model.safetensors nor pytorch_model.bin; name one of its files, \
         as somebody/net:FILE"
    );
    for (code, expected) in [
        (
            "RepoNotFound",
            "somebody/net: there is no such repository (asked: 'http://127.0.0.1",
        ),
        (
            "RevisionNotFound",
            "somebody/net: it has no revision 'main' (asked: 'http://127.0.0.1",
        ),
    ] {
        let message = message_of(move || Reply::new(404).with("X-Error-Code", code));
        assert!(message.starts_with(expected), "{message}");
    }
    let server = Server::new(|_| no_entry());
    let (hub, _folder) = hub(&server);
    let name = "somebody/net:other.bin".parse().expect("a name");
    let error = hub.weights(&name, &mut |_| {}).expect_err("there is none");
    assert!(
        error
            .to_string()
            .starts_with("somebody/net has no 'other.bin' (asked: ")
    );
}

#[test]
fn a_renamed_repository_is_followed() {
    let server = Server::new(
        |request| match request.path.strip_prefix("/somebody/net/") {
            Some(rest) => Reply::new(307).with("Location", format!("/renamed/net/{rest}")),
            None => match request.path.as_str() {
                "/renamed/net/resolve/main/model.safetensors" => {
                    large(&crate::repository::contents())
                }
                "/renamed/net/resolve/main/config.json" => small(b"{}"),
                ELSEWHERE => Reply::part(request, &crate::repository::contents()),
                _ => no_entry(),
            },
        },
    );
    let (hub, _folder) = hub(&server);
    let found = weights(&hub).expect("served");
    assert!(found.config.is_some());
}

#[test]
fn a_ring_of_redirects_ends() {
    let message = message_of(|| Reply::new(302).with("Location", "/somebody/net/again"));
    assert!(
        message.contains("answers with too many redirects"),
        "{message}"
    );
}

#[test]
fn what_is_no_hub_is_told() {
    let page = message_of(|| Reply::new(200).with_body(b"<html>"));
    assert!(page.contains("answers without X-Repo-Commit"), "{page}");
    let trouble = message_of(|| Reply::new(500));
    assert!(trouble.contains("answers with status 500"), "{trouble}");
    // What a stranger sends becomes no path.
    let path = message_of(|| {
        Reply::new(200)
            .with("X-Repo-Commit", COMMIT)
            .with("ETag", "\"../../../x\"")
    });
    assert!(path.contains("answers without an ETag"), "{path}");
    let path = message_of(|| {
        Reply::new(200)
            .with("X-Repo-Commit", "../x")
            .with("ETag", "a")
    });
    assert!(path.contains("answers without X-Repo-Commit"), "{path}");
}

#[test]
fn where_nobody_answers_it_is_said_what_was_tried_and_what_helps() {
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let endpoint = format!("http://{}", port.expect("a port"));
    let folder = tempfile::tempdir().expect("a folder");
    let message = message(&hub_in(folder.path()).with_endpoint(&endpoint));
    let cache = folder.path().join("hub");
    assert!(
        message.starts_with(&format!(
            "'model.safetensors' of somebody/net is not in the cache '{}', and \
             '{endpoint}/somebody/net/resolve/main/model.safetensors' cannot be reached: ",
            cache.display()
        )) && message.ends_with("or give a file's path instead of a name"),
        "{message}"
    );
}

#[test]
fn certificates_that_are_none_are_named() {
    let server = serve(Reply::part);
    let (hub, folder) = hub(&server);
    let file = folder.path().join("c.pem");
    let missing = message(&hub.clone().with_certificates(&file));
    let named = format!("the certificates '{}' of SSL_CERT_FILE", file.display());
    assert!(missing.starts_with(&named), "{missing}");
    std::fs::write(&file, "none").expect("writes");
    let none = message(&hub.with_certificates(&file));
    assert!(
        none.ends_with("it has no certificate in the form of PEM"),
        "{none}"
    );
    assert!(server.requests().is_empty());
}
