//! The hub, against a server on this machine. Nothing of the environment is read.

// It looks at links.
#[cfg(unix)]
mod cache;
mod downloads;
mod refusals;
mod repository;
mod server;
