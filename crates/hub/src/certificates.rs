//! Whom to believe that the hub is the hub, where it is somebody else than the usual: in networks
//! whose proxies look into what passes.

use std::path::Path;

use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use crate::HubError;

/// Mozilla's authorities, which are compiled in, or those of a file.
pub(crate) fn believing(file: Option<&Path>) -> Result<TlsConfig, HubError> {
    let Some(file) = file else {
        return Ok(TlsConfig::default());
    };
    let wrong = |reason: String| HubError::Certificates {
        path: file.to_path_buf(),
        reason,
    };
    let text = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
    let mut found = vec![];
    for item in parse_pem(&text) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| wrong(error.to_string()))? {
            found.push(certificate);
        }
    }
    if found.is_empty() {
        return Err(wrong(
            "it has no certificate in the form of PEM".to_string(),
        ));
    }
    let roots = RootCerts::new_with_certs(&found);
    Ok(TlsConfig::builder().root_certs(roots).build())
}
