//! The hub, against a server on this machine. Nothing of the environment is read.

mod cache;
mod downloads;
mod refusals;
mod repository;
mod server;
