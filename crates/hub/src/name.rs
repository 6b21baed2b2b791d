//! What is meant: a repository, a revision of it, and perhaps a file.

use std::fmt;
use std::str::FromStr;

use crate::HubError;

/// A repository of models, at a revision, and perhaps one of its files:
/// `OWNER/NAME[@REVISION][:FILE]`.
///
/// ```
/// let name: hub::Name = "timm/resnet50.a1_in1k@main:model.safetensors".parse()?;
/// assert_eq!(name.repository(), "timm/resnet50.a1_in1k");
/// assert_eq!(name.file(), Some("model.safetensors"));
/// # Ok::<(), hub::HubError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    repository: String,
    revision: String,
    file: Option<String>,
}

/// The revision where none is given.
const MAIN: &str = "main";
/// How many characters a hash of git has.
const HASH: usize = 40;

impl Name {
    /// `OWNER/NAME`.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// A branch, a tag or a commit; `main` where none was given.
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// The file, where one was given.
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// The commit, where the revision is one: it never moves.
    pub(crate) fn commit(&self) -> Option<&str> {
        is_commit(&self.revision).then_some(&self.revision)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.repository)?;
        if self.revision != MAIN {
            write!(formatter, "@{}", self.revision)?;
        }
        match &self.file {
            Some(file) => write!(formatter, ":{file}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Name {
    type Err = HubError;

    fn from_str(text: &str) -> Result<Self, HubError> {
        let wrong = |reason: &str| HubError::Name {
            text: text.to_string(),
            reason: reason.to_string(),
        };
        let (rest, file) = match text.split_once(':') {
            Some((rest, file)) => (rest, Some(file)),
            None => (text, None),
        };
        let (repository, revision) = rest.split_once('@').unwrap_or((rest, MAIN));
        let Some((owner, name)) = repository.split_once('/') else {
            return Err(wrong("it has no '/'"));
        };
        // What is allowed there; it also keeps the name inside of the cache's folder.
        let part = |text: &str| {
            let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            (1..=96).contains(&text.len())
                && text.chars().all(allowed)
                && !text.starts_with(['.', '-'])
                && !text.ends_with(['.', '-'])
                && !text.contains("--")
                && !text.contains("..")
        };
        if !part(owner) || !part(name) {
            return Err(wrong(
                "an owner and a name have letters, digits, '-', '_' and '.', begin and end with \
                 a letter, a digit or '_', and have no '--' or '..'",
            ));
        }
        if !is_path(revision) {
            return Err(wrong("what follows '@' is no revision"));
        }
        if file.is_some_and(|file| !is_path(file)) {
            return Err(wrong("what follows ':' is no file's path in a repository"));
        }
        Ok(Self {
            repository: repository.to_string(),
            revision: revision.to_string(),
            file: file.map(str::to_string),
        })
    }
}

/// Whether a text is the hash of a commit.
pub(crate) fn is_commit(text: &str) -> bool {
    text.len() == HASH && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a text is a path that leads nowhere else than down, and is the same in a URL.
fn is_path(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '=');
    let part = |part: &str| !matches!(part, "" | "." | "..") && part.chars().all(allowed);
    text.len() <= 512 && text.split('/').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parts_are_read_and_written() {
        for text in [
            "timm/resnet50.a1_in1k",
            "timm/resnet50.a1_in1k@v1.0",
            "a/b@refs/pr/3:sub/folder/model.safetensors",
            "a/b:pytorch_model.bin",
        ] {
            let name: Name = text.parse().expect("a name");
            assert_eq!(name.to_string(), text);
        }
        let name: Name = "a/b@refs/pr/3:c/d.bin".parse().expect("a name");
        assert_eq!(name.repository(), "a/b");
        assert_eq!(name.revision(), "refs/pr/3");
        assert_eq!(name.file(), Some("c/d.bin"));
        assert_eq!(name.commit(), None);
    }

    #[test]
    fn a_commit_is_told_from_a_branch() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let name: Name = format!("a/b@{commit}").parse().expect("a name");
        assert_eq!(name.commit(), Some(commit));
        let name: Name = "a/b@0123456".parse().expect("a name");
        assert_eq!(name.commit(), None, "a short one may be a branch");
    }

    #[test]
    fn what_would_leave_the_cache_or_is_no_name_is_refused() {
        for text in [
            "",
            "resnet50",
            "/b",
            "a/",
            "a/b/c",
            "../b",
            "a/..",
            "a/b@",
            "a/b@../../x",
            "a/b@/etc",
            "a/b:",
            "a/b:../c",
            "a/b:/etc/passwd",
            "a/b:c//d",
            "a/b:c\\d",
            "a b/c",
            "a--b/c",
            "a/b?x",
            "a/b:c?d",
            "a/b@x%2F..",
            "https://huggingface.co/a/b",
        ] {
            let error = text.parse::<Name>().expect_err(text).to_string();
            assert!(error.contains("OWNER/NAME"), "{error}");
        }
    }
}
