//! The settings that Python's `huggingface_hub` takes from the environment.

use std::path::{Path, PathBuf};

use crate::{Hub, HubError};

/// The hub itself.
const ENDPOINT: &str = "https://huggingface.co";

impl Hub {
    /// As the environment says:
    ///
    /// | variable | what |
    /// |---|---|
    /// | `HF_HUB_CACHE` | the cache; else `hub` in `HF_HOME`; else `~/.cache/huggingface/hub` |
    /// | `HF_ENDPOINT` | another hub than `https://huggingface.co` |
    /// | `HF_TOKEN` | who asks; else the file `HF_TOKEN_PATH`; else `token` in `HF_HOME` |
    /// | `SSL_CERT_FILE` | authorities to believe instead of Mozilla's; else `REQUESTS_CA_BUNDLE` |
    /// | `HF_HUB_OFFLINE` | with `1`, `on`, `yes` or `true` the network is left alone |
    ///
    /// and with the proxy of `HTTPS_PROXY` and its kin.
    ///
    /// # Errors
    /// If there is no place for a cache.
    pub fn from_env() -> Result<Self, HubError> {
        let variable = |name: &str| std::env::var(name).ok();
        Ok(Self::from_variables(&variable, std::env::home_dir())?.with_proxy_from_env())
    }

    fn from_variables(
        variable: &dyn Fn(&str) -> Option<String>,
        home: Option<PathBuf>,
    ) -> Result<Self, HubError> {
        let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let path = |name: &str| set(name).map(|text| expanded(&text, home.as_deref()));
        let caches = || path("XDG_CACHE_HOME").or_else(|| Some(home.as_ref()?.join(".cache")));
        let own = path("HF_HOME").or_else(|| Some(caches()?.join("huggingface")));
        let cache = path("HF_HUB_CACHE").or_else(|| Some(own.as_ref()?.join("hub")));
        let offline = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"];
        let yes = |value: String| {
            let value = value.trim().to_lowercase();
            ["1", "on", "yes", "true"].contains(&value.as_str())
        };
        let hub = Self::new(cache.ok_or(HubError::NoHome)?)
            .with_endpoint(&set("HF_ENDPOINT").unwrap_or_else(|| ENDPOINT.to_string()))
            .with_offline(offline.into_iter().find_map(set).is_some_and(yes));
        let certificates = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"];
        let hub = match certificates.into_iter().find_map(path) {
            Some(file) => hub.with_certificates(file),
            None => hub,
        };
        let kept = || {
            let file = path("HF_TOKEN_PATH").or_else(|| Some(own.as_ref()?.join("token")))?;
            std::fs::read_to_string(file).ok()
        };
        Ok(match set("HF_TOKEN").or_else(kept) {
            Some(token) => hub.with_token(&token),
            None => hub,
        })
    }
}

/// A path that may begin with the home folder.
fn expanded(path: &str, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix('~'), home) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
            home.join(rest.trim_start_matches('/'))
        }
        _ => PathBuf::from(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub(variables: &[(&str, &str)]) -> Hub {
        let variable = |name: &str| {
            let found = variables.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| value.to_string())
        };
        Hub::from_variables(&variable, Some(PathBuf::from("/home/somebody"))).expect("a cache")
    }

    #[test]
    fn the_cache_is_where_python_has_it() {
        for (variables, cache) in [
            (vec![], "/home/somebody/.cache/huggingface/hub"),
            (vec![("XDG_CACHE_HOME", "/c")], "/c/huggingface/hub"),
            (vec![("HF_HOME", "/h"), ("XDG_CACHE_HOME", "/c")], "/h/hub"),
            (vec![("HF_HOME", "~/h")], "/home/somebody/h/hub"),
            (vec![("HF_HUB_CACHE", "/k"), ("HF_HOME", "/h")], "/k"),
            (
                vec![("HF_HOME", "")],
                "/home/somebody/.cache/huggingface/hub",
            ),
        ] {
            assert_eq!(hub(&variables).cache(), Path::new(cache), "{variables:?}");
        }
        let nowhere = Hub::from_variables(&|_| None, None);
        assert!(matches!(nowhere, Err(HubError::NoHome)));
    }

    #[test]
    fn the_others_are_read_as_python_reads_them() {
        let plain = hub(&[]);
        assert_eq!(plain, Hub::new(plain.cache()));
        let set = hub(&[
            ("HF_ENDPOINT", "http://127.0.0.1:1/"),
            ("HF_TOKEN", " secret\n"),
            ("HF_HUB_OFFLINE", "TRUE"),
            ("SSL_CERT_FILE", "~/c.pem"),
        ]);
        let expected = Hub::new(plain.cache())
            .with_endpoint("http://127.0.0.1:1")
            .with_token("secret")
            .with_offline(true)
            .with_certificates("/home/somebody/c.pem");
        assert_eq!(set, expected);
        assert_eq!(hub(&[("HF_HUB_OFFLINE", "0")]), plain);
    }

    #[test]
    fn a_token_may_lie_in_a_file() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("token"), "kept\n").expect("writes");
        let home = folder.path().to_string_lossy();
        let found = hub(&[("HF_HOME", &home)]);
        assert_eq!(found, Hub::new(found.cache()).with_token("kept"));
    }

    #[test]
    fn a_token_is_not_shown() {
        let shown = format!("{:?}", Hub::new("/c").with_token("secret"));
        assert!(!shown.contains("secret"), "{shown}");
    }
}
