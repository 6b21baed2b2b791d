//! From what names weights to their file.

use std::path::Path;

use anyhow::{Context, Result, bail};
use hub::{CONFIG, Found, Hub, Name, Progress, WEIGHTS};

/// How a file of weights ends: what ends so is no name on the hub.
const ENDINGS: [&str; 5] = ["safetensors", "pth", "pt", "bin", "npz"];

/// The file of weights that a text names, with the `config.json` beside it: a file's path; a
/// folder's, with `model.safetensors` or `pytorch_model.bin` in it; or a name on the hub,
/// `OWNER/NAME[@REVISION][:FILE]`, which is downloaded if it is not in the cache. What there is as a
/// path is no name.
///
/// # Errors
/// If there is no such file, or the hub does not give it.
pub fn weights_file(text: &str, report: &mut dyn FnMut(&Progress<'_>)) -> Result<Found> {
    let path = Path::new(text);
    if path.is_dir() {
        let file = WEIGHTS.map(|name| path.join(name));
        let Some(file) = file.into_iter().find(|file| file.is_file()) else {
            bail!("the folder '{text}' has neither {}", WEIGHTS.join(" nor "));
        };
        return Ok(beside(&file));
    }
    if path.exists() {
        return Ok(beside(path));
    }
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    let is_file = ENDINGS.iter().any(|own| ending.eq_ignore_ascii_case(own));
    if is_file && !text.contains(':') || !text.contains('/') {
        bail!(
            "there is no file '{text}'; weights are named by the path of a file (.{}), of a folder \
             with {}, or by a name on the Hugging Face hub, OWNER/NAME",
            ENDINGS.join(", ."),
            WEIGHTS.join(" or ")
        );
    }
    let name: Name = text
        .parse()
        .with_context(|| format!("there is no file '{text}'"))?;
    Ok(Hub::from_env()?.weights(&name, report)?)
}

fn beside(file: &Path) -> Found {
    let config = file.with_file_name(CONFIG);
    Found {
        weights: file.to_path_buf(),
        config: config.is_file().then_some(config),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use tempfile::tempdir;

    fn found(text: &str) -> Result<Found> {
        weights_file(text, &mut |_| panic!("nothing is downloaded"))
    }

    #[test]
    fn a_path_that_exists_is_taken_and_no_name() {
        let folder = tempdir().expect("a folder");
        let file = folder.path().join("w.safetensors");
        fs::write(&file, "").expect("writes");
        let text = file.to_string_lossy();
        assert_eq!(found(&text).expect("there").config, None);
        let config = folder.path().join("config.json");
        fs::write(&config, "{}").expect("writes");
        let own = found(&text).expect("there");
        assert_eq!((own.weights, own.config), (file, Some(config)));
    }

    #[test]
    fn a_folder_stands_for_its_weights() {
        let folder = tempdir().expect("a folder");
        let text = folder.path().to_string_lossy();
        let error = found(&text).expect_err("empty").to_string();
        assert!(
            error.ends_with("has neither model.safetensors nor pytorch_model.bin"),
            "{error}"
        );
        for name in ["pytorch_model.bin", "model.safetensors"] {
            let file = folder.path().join(name);
            fs::write(&file, "").expect("writes");
            assert_eq!(found(&text).expect("there").weights, file);
        }
    }

    #[test]
    fn what_is_neither_a_file_nor_a_name_is_told_what_is_allowed() {
        for text in [
            "resnet50",
            "w.pth",
            "folder/w.safetensors",
            "a/b/c",
            "../x/y",
            "a b/c",
        ] {
            let error = format!("{:#}", found(text).expect_err(text));
            assert!(
                error.starts_with(&format!("there is no file '{text}'"))
                    && error.contains("OWNER/NAME"),
                "{error}"
            );
        }
    }
}
