//! Downloads, also those that do not go well.

use std::fs;
use std::time::Duration;

use crate::repository::{
    COMMIT, ELSEWHERE, answer, config, contents, hub, message, name, serve, serve_at, sha256,
    weights,
};
use crate::server::{Pace, Reply, Server};

/// Where a download lies while it is not whole.
fn part(folder: &tempfile::TempDir) -> std::path::PathBuf {
    let blobs = folder.path().join("hub/models--somebody--net/blobs");
    blobs.join(format!("{}.incomplete", sha256(&contents())))
}

#[test]
fn weights_come_with_their_configuration() {
    let server = serve(Reply::part);
    let (hub, _folder) = hub(&server);
    let mut shown = vec![];
    let found = hub.weights(&name(), &mut |progress| {
        shown.push((progress.file.to_string(), progress.bytes, progress.total));
    });
    let found = found.expect("served");
    assert_eq!(fs::read(&found.weights).expect("there"), contents());
    let own = fs::read(found.config.expect("there is one")).expect("there");
    assert_eq!(own, config());
    let size = contents().len() as u64;
    let weights = "model.safetensors".to_string();
    assert_eq!(shown[0], (weights.clone(), 0, Some(size)));
    assert!(shown.contains(&(weights, size, Some(size))));
    assert!(shown.iter().any(|(file, ..)| file == "config.json"));
}

#[test]
fn the_older_form_is_taken_where_there_is_no_other() {
    let server = Server::new(|request| answer(request, "pytorch_model.bin", Reply::part));
    let (hub, _folder) = hub(&server);
    let found = weights(&hub).expect("served");
    assert!(found.weights.ends_with("pytorch_model.bin"));
    assert_eq!(fs::read(&found.weights).expect("there"), contents());
}

#[test]
fn a_download_that_is_cut_goes_on_where_it_was() {
    let server = serve_at([Pace::Cut(400_000), Pace::Cut(300_000), Pace::Whole]);
    let (hub, folder) = hub(&server);
    let found = weights(&hub).expect("served");
    assert_eq!(fs::read(&found.weights).expect("there"), contents());
    assert_eq!(server.starts(ELSEWHERE), [0, 400_000, 700_000]);
    assert!(!part(&folder).exists());
}

#[test]
fn what_another_run_left_is_gone_on_with() {
    let server = serve_at([
        Pace::Cut(400_000),
        Pace::Cut(0),
        Pace::Cut(0),
        Pace::Cut(0),
        Pace::Whole,
    ]);
    let (hub, folder) = hub(&server);
    let cut = message(&hub);
    assert!(
        cut.starts_with(
            "the download of 'model.safetensors' of somebody/net was cut after 400000 bytes of \
             1200000: "
        ) && cut.ends_with("what is there is kept: the same again goes on with it"),
        "{cut}"
    );
    assert_eq!(fs::metadata(part(&folder)).expect("kept").len(), 400_000);
    let found = weights(&hub).expect("served");
    assert_eq!(fs::read(&found.weights).expect("there"), contents());
    assert_eq!(
        server.starts(ELSEWHERE),
        [0, 400_000, 400_000, 400_000, 400_000]
    );
}

#[test]
fn a_server_that_knows_no_parts_sends_all_again() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let server = serve(move |_, contents| {
        let first = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
        let pace = if first { Pace::Cut(1000) } else { Pace::Whole };
        Reply::new(200).with_body(contents).at(pace)
    });
    let (hub, _folder) = hub(&server);
    let found = weights(&hub).expect("served");
    assert_eq!(fs::read(&found.weights).expect("there"), contents());
}

#[test]
fn another_part_than_the_one_that_is_asked_for_is_not_taken() {
    let server = serve(|request, contents| match request.start() {
        None => Reply::new(200).with_body(contents).at(Pace::Cut(1000)),
        Some(_) => Reply::new(206)
            .with("Content-Range", "bytes 7-1199999/1200000")
            .with_body(&contents[7..]),
    });
    let (hub, _folder) = hub(&server);
    // It never comes farther than at first, and is given up.
    let message = message(&hub);
    assert!(
        message.contains("'model.safetensors' of somebody/net was cut"),
        "{message}"
    );
}

#[test]
fn a_wrong_file_is_thrown_out() {
    let server = serve(|request, contents| {
        let mut contents = contents.to_vec();
        contents[77] ^= 1;
        Reply::part(request, &contents)
    });
    let (hub, folder) = hub(&server);
    let message = message(&hub);
    let stated = sha256(&contents());
    assert!(
        message.starts_with(
            "'model.safetensors' of somebody/net is not what the hub says: its SHA-256 is "
        ) && message.contains(&format!("and should be {stated}")),
        "{message}"
    );
    assert!(!part(&folder).exists());
    let blobs = folder.path().join("hub/models--somebody--net/blobs");
    assert_eq!(fs::read_dir(blobs).expect("there").count(), 0);
    assert!(
        !folder
            .path()
            .join("hub/models--somebody--net/snapshots")
            .join(COMMIT)
            .exists()
    );
}

#[test]
fn a_slow_download_that_lives_goes_on() {
    // Longer than a silence of half a second in all, and never as long at once.
    let server = serve_at([Pace::Slow(100_000, Duration::from_millis(100))]);
    let (hub, _folder) = hub(&server);
    let start = std::time::Instant::now();
    let found = weights(&hub).expect("served");
    assert!(start.elapsed() > Duration::from_millis(1000));
    assert_eq!(fs::read(&found.weights).expect("there"), contents());
    assert_eq!(server.starts(ELSEWHERE), [0]);
}

#[test]
fn a_download_that_is_silent_is_asked_for_again() {
    let server = serve_at([Pace::Stuck(500_000), Pace::Whole]);
    let (hub, _folder) = hub(&server);
    let found = weights(&hub).expect("served");
    assert_eq!(fs::read(&found.weights).expect("there"), contents());
    assert_eq!(server.starts(ELSEWHERE), [0, 500_000]);
}

#[test]
fn one_that_stays_silent_is_given_up() {
    let server = serve_at([Pace::Stuck(0)]);
    let (hub, _folder) = hub(&server);
    let start = std::time::Instant::now();
    let message = message(&hub);
    assert!(
        message.contains("was cut after 0 bytes of 1200000: "),
        "{message}"
    );
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_server_in_trouble_is_asked_again() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let server = serve(move |request, contents| {
        match count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 => Reply::new(503),
            1 => Reply::new(429),
            _ => Reply::part(request, contents),
        }
    });
    let (hub, _folder) = hub(&server);
    assert!(weights(&hub).is_ok());
}
