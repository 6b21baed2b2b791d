//! How long the network is waited for.

use std::time::Duration;

/// How long the network is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For a byte, of an answer or of a download; a download may last any time while bytes come.
    pub silence: Duration,
    /// How many times in a row a download may be cut without coming farther.
    pub attempts: u32,
    /// The pause after the first of them; each is twice the one before.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(30),
            attempts: 5,
            pause: Duration::from_millis(500),
        }
    }
}
