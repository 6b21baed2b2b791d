//! The cache, with a network and without.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use hub::Name;

use crate::repository::{COMMIT, contents, hub, hub_in, message, name, serve, sha256, weights};
use crate::server::{Reply, Server};

#[test]
fn it_lies_as_python_lays_it() {
    let server = serve(Reply::part);
    let (hub, folder) = hub(&server);
    let found = weights(&hub).expect("served");
    let own = folder.path().join("hub/models--somebody--net");
    let snapshot = own.join("snapshots").join(COMMIT);
    assert_eq!(found.weights, snapshot.join("model.safetensors"));
    assert_eq!(found.config, Some(snapshot.join("config.json")));
    let reference = fs::read_to_string(own.join("refs/main")).expect("written");
    assert_eq!(reference, COMMIT);
    let link = fs::read_link(&found.weights).expect("a link");
    let blob = PathBuf::from("../../blobs").join(sha256(&contents()));
    assert_eq!(link, blob);
}

#[test]
fn what_is_there_is_not_asked_for_again() {
    let server = serve(Reply::part);
    let (hub, _folder) = hub(&server);
    let first = weights(&hub).expect("served");
    let asked = server.requests().len();
    assert_eq!(weights(&hub).expect("kept"), first);
    assert_eq!(weights(&hub.with_offline(true)).expect("kept"), first);
    assert_eq!(server.requests().len(), asked);
}

#[test]
fn a_commit_needs_no_branch() {
    let server = serve(Reply::part);
    let (hub, _folder) = hub(&server);
    weights(&hub).expect("served");
    let pinned: Name = format!("somebody/net@{COMMIT}").parse().expect("a name");
    let found = hub.with_offline(true).weights(&pinned, &mut |_| {});
    assert!(found.is_ok());
}

#[test]
fn without_a_configuration_there_is_none_and_it_is_asked_for_once() {
    let server = Server::new(|request| match request.path.ends_with("config.json") {
        true => crate::repository::no_entry(),
        false => crate::repository::answer(request, "model.safetensors", Reply::part),
    });
    let (hub, folder) = hub(&server);
    assert_eq!(weights(&hub).expect("served").config, None);
    let asked = server.requests().len();
    assert_eq!(weights(&hub).expect("kept").config, None);
    assert_eq!(server.requests().len(), asked);
    let noted = folder.path().join("hub/models--somebody--net/.no_exist");
    assert!(noted.join(COMMIT).join("config.json").is_file());
}

#[test]
fn offline_and_not_in_the_cache_is_an_error_that_says_both() {
    let folder = tempfile::tempdir().expect("a folder");
    let message = message(&hub_in(folder.path()).with_offline(true));
    let cache = folder.path().join("hub");
    assert!(
        message.starts_with(&format!(
            "'model.safetensors' of somebody/net is not in the cache '{}', and HF_HUB_OFFLINE",
            cache.display()
        )),
        "{message}"
    );
}

#[test]
fn a_link_that_leads_nowhere_is_mended() {
    let server = serve(Reply::part);
    let (hub, folder) = hub(&server);
    let found = weights(&hub).expect("served");
    fs::remove_dir_all(folder.path().join("hub/models--somebody--net/blobs")).expect("removes");
    assert!(!found.weights.exists());
    weights(&hub).expect("served again");
    assert_eq!(fs::read(&found.weights).expect("there"), contents());
}

#[test]
fn a_part_that_is_longer_than_the_file_is_begun_anew() {
    let server = serve(Reply::part);
    let (hub, folder) = hub(&server);
    let blobs = folder.path().join("hub/models--somebody--net/blobs");
    fs::create_dir_all(&blobs).expect("a folder");
    let part = blobs.join(format!("{}.incomplete", sha256(&contents())));
    fs::write(part, vec![0; 1_300_000]).expect("writes");
    let found = weights(&hub).expect("served");
    assert_eq!(fs::read(&found.weights).expect("there"), contents());
}

#[test]
fn a_cache_that_cannot_be_written_is_named() {
    let server = serve(Reply::part);
    let folder = tempfile::tempdir().expect("a folder");
    // A file is where the cache's folder should be; for an administrator no folder is closed.
    let taken = folder.path().join("hub");
    fs::write(&taken, "a file").expect("writes");
    let hub = hub_in(folder.path()).with_endpoint(&server.endpoint);
    let message = message(&hub);
    assert!(
        message.starts_with(&format!("'{}", taken.display()))
            && message.ends_with("HF_HOME or HF_HUB_CACHE can point at another folder"),
        "{message}"
    );
}

#[test]
fn a_full_disk_is_told_with_the_file_and_what_is_there_stays() {
    // Writing to this device says that the disk is full.
    let full = PathBuf::from("/dev/full");
    if !full.exists() {
        return;
    }
    let server = serve(Reply::part);
    let (hub, folder) = hub(&server);
    let blobs = folder.path().join("hub/models--somebody--net/blobs");
    fs::create_dir_all(&blobs).expect("a folder");
    let part = blobs.join(format!("{}.incomplete", sha256(&contents())));
    std::os::unix::fs::symlink(full, &part).expect("a link");
    let message = message(&hub);
    assert!(
        message.starts_with(&format!("'{}' cannot be written", part.display()))
            && message.contains("No space left on device"),
        "{message}"
    );
    assert!(!blobs.join(sha256(&contents())).exists());
}

#[test]
fn a_closed_folder_is_named_to_who_is_no_administrator() {
    let folder = tempfile::tempdir().expect("a folder");
    let closed = folder.path().join("hub");
    fs::create_dir(&closed).expect("a folder");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o555)).expect("closes");
    if fs::write(closed.join("test"), "").is_ok() {
        return;
    }
    let server = serve(Reply::part);
    let message = message(&hub_in(folder.path()).with_endpoint(&server.endpoint));
    assert!(message.contains("cannot be written"), "{message}");
}

#[test]
fn two_at_once_download_once() {
    let server = serve(Reply::part);
    let (hub, _folder) = hub(&server);
    std::thread::scope(|scope| {
        let both =
            [(); 2].map(|()| scope.spawn(|| hub.file(&name(), "model.safetensors", &mut |_| {})));
        for one in both {
            let path = one.join().expect("no panic").expect("served");
            assert_eq!(fs::read(path).expect("there"), contents());
        }
    });
    assert_eq!(server.starts(crate::repository::ELSEWHERE).len(), 1);
}
