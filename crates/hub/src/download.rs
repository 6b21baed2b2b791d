//! A file's contents, brought into the cache whole or not at all.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread;

use sha2::{Digest, Sha256};
use ureq::http::StatusCode;

use crate::HubError;
use crate::cache::make_folder_of;
use crate::remote::{Asked, Remote, Stated, Unanswered, answer, text};

/// How far a download has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The file in its repository.
    pub file: &'a str,
    /// How many bytes are there.
    pub bytes: u64,
    /// Of how many, if that is known.
    pub total: Option<u64>,
}

/// How much is read at once.
const CHUNK: usize = 1 << 16;

/// Downloads contents to the side, from where an earlier download was cut, compares them with what
/// is stated, and gives them their place.
pub(crate) fn download(
    remote: &Remote<'_>,
    asked: &Asked<'_>,
    stated: &Stated,
    blob: &Path,
    report: &mut dyn FnMut(&Progress<'_>),
) -> Result<(), HubError> {
    let mut aside = blob.as_os_str().to_os_string();
    aside.push(".incomplete");
    make_folder_of(blob)?;
    let part = Part::open(PathBuf::from(aside))?;
    let mut receiving = Receiving {
        remote,
        asked,
        stated,
        part,
        report,
    };
    receiving.all()?;
    let part = receiving.part;
    let failed = |error| part.failed(error);
    if let Some(checksum) = stated.sha256() {
        let found = sha256(&part.path).map_err(failed)?;
        if !found.eq_ignore_ascii_case(checksum) {
            fs::remove_file(&part.path).map_err(failed)?;
            return Err(HubError::Checksum {
                name: asked.name.repository().to_string(),
                file: asked.file.to_string(),
                stated: checksum.to_string(),
                found,
            });
        }
    }
    part.file.sync_all().map_err(failed)?;
    fs::rename(&part.path, blob).map_err(failed)
}

/// The contents, as far as they are here.
struct Part {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl Part {
    fn open(path: PathBuf) -> Result<Self, HubError> {
        let open = || {
            let mut file = File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)?;
            let bytes = file.seek(SeekFrom::End(0))?;
            Ok((file, bytes))
        };
        match open() {
            Ok((file, bytes)) => Ok(Self { path, file, bytes }),
            Err(error) => Err(HubError::Cache { path, error }),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), HubError> {
        self.file
            .write_all(bytes)
            .map_err(|error| self.failed(error))?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Forgets what is there.
    fn clear(&mut self) -> Result<(), HubError> {
        if self.bytes == 0 {
            return Ok(());
        }
        self.bytes = 0;
        let clear = self.file.set_len(0).and_then(|()| self.file.rewind());
        clear.map_err(|error| self.failed(error))
    }

    fn failed(&self, error: std::io::Error) -> HubError {
        HubError::Cache {
            path: self.path.clone(),
            error,
        }
    }
}

/// Why contents stop coming.
enum Stop {
    /// It may go on.
    Cut(String),
    /// It may not.
    Failed(HubError),
}

impl From<HubError> for Stop {
    fn from(error: HubError) -> Self {
        Self::Failed(error)
    }
}

struct Receiving<'a> {
    remote: &'a Remote<'a>,
    asked: &'a Asked<'a>,
    stated: &'a Stated,
    part: Part,
    report: &'a mut dyn FnMut(&Progress<'_>),
}

impl Receiving<'_> {
    /// Receives until all is there; what is cut goes on, as long as more comes.
    fn all(&mut self) -> Result<(), HubError> {
        let patience = self.remote.patience();
        let mut in_vain = 0;
        // The farthest that it came: a server that sends the same again and again brings nothing.
        let mut best = self.part.bytes;
        loop {
            match self.once() {
                Ok(()) => return Ok(()),
                Err(Stop::Failed(error)) => return Err(error),
                Err(Stop::Cut(_)) if self.part.bytes > best => {
                    best = self.part.bytes;
                    in_vain = 0;
                }
                Err(Stop::Cut(reason)) => {
                    in_vain += 1;
                    if in_vain >= patience.attempts {
                        return Err(self.cut(reason));
                    }
                }
            }
            thread::sleep(patience.pause * (1 << in_vain.min(6)) / 2);
        }
    }

    /// One request for what is missing.
    fn once(&mut self) -> Result<(), Stop> {
        let total = self.stated.size;
        match total {
            Some(total) if self.part.bytes == total => return Ok(()),
            Some(total) if self.part.bytes > total => self.part.clear()?,
            _ => {}
        }
        let url = &self.asked.url;
        let response = match self.remote.get(url, self.part.bytes) {
            Ok(response) => response,
            Err(Unanswered::Silent(_, error)) => return Err(Stop::Cut(error.to_string())),
            Err(Unanswered::Lost(error)) => return Err(Stop::Failed(error)),
        };
        match response.status() {
            StatusCode::OK => self.part.clear()?,
            StatusCode::PARTIAL_CONTENT => {
                let range = text(response.headers(), "content-range").unwrap_or_default();
                if !range.starts_with(&format!("bytes {}-", self.part.bytes)) {
                    self.part.clear()?;
                    return Err(Stop::Cut(format!("it sends '{range}', another part")));
                }
            }
            // What is here is of something else.
            StatusCode::RANGE_NOT_SATISFIABLE => {
                self.part.clear()?;
                return Err(Stop::Cut("it has no such part".to_string()));
            }
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                return Err(Stop::Cut(format!("it answers with status {status}")));
            }
            status => return Err(answer(url, &format!("with status {status}")).into()),
        }
        let mut body = response.into_body().into_reader();
        let mut chunk = vec![0; CHUNK];
        loop {
            (self.report)(&Progress {
                file: self.asked.file,
                bytes: self.part.bytes,
                total,
            });
            match body.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => self.part.write(&chunk[..count])?,
                Err(error) => return Err(Stop::Cut(error.to_string())),
            }
        }
        match total {
            Some(total) if self.part.bytes < total => {
                Err(Stop::Cut("the connection was closed".to_string()))
            }
            _ => Ok(()),
        }
    }

    fn cut(&self, reason: String) -> HubError {
        let of = self.stated.size.map(|total| format!(" of {total}"));
        HubError::Cut {
            name: self.asked.name.repository().to_string(),
            file: self.asked.file.to_string(),
            bytes: self.part.bytes,
            of: of.unwrap_or_default(),
            reason,
        }
    }
}

fn sha256(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk)? {
            0 => break,
            count => hash.update(&chunk[..count]),
        }
    }
    Ok(hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}
