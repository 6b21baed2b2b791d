//! A hub on this machine, which answers as it is told to.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What was asked.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    headers: Vec<(String, String)>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The place from which contents are asked for.
    pub fn start(&self) -> Option<usize> {
        let range = self.header("range")?.strip_prefix("bytes=")?;
        range.strip_suffix('-')?.parse().ok()
    }
}

/// How contents are sent.
#[derive(Clone, Copy, Debug)]
pub enum Pace {
    Whole,
    /// The connection is closed after so many bytes.
    Cut(usize),
    /// So many bytes, and then nothing while somebody listens.
    Stuck(usize),
    /// So many bytes at a time, with a pause after each.
    Slow(usize, Duration),
}

/// What is answered.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    pace: Pace,
}

impl Reply {
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: vec![],
            body: vec![],
            pace: Pace::Whole,
        }
    }

    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_string(), value.to_string()));
        self
    }

    pub fn with_body(self, body: &[u8]) -> Self {
        Self {
            body: body.to_vec(),
            ..self
        }
    }

    pub fn at(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// The contents from the place on that is asked for.
    pub fn part(request: &Request, body: &[u8]) -> Self {
        match request.start() {
            None => Self::new(200).with_body(body),
            Some(start) if start >= body.len() => Self::new(416),
            Some(start) => {
                let range = format!("bytes {start}-{}/{}", body.len() - 1, body.len());
                Self::new(206)
                    .with("Content-Range", range)
                    .with_body(&body[start..])
            }
        }
    }

    fn send(&self, request: &Request, stream: &mut TcpStream) -> std::io::Result<()> {
        let mut head = format!("HTTP/1.1 {} .\r\nConnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", self.body.len()));
        stream.write_all(head.as_bytes())?;
        if request.method == "HEAD" {
            return Ok(());
        }
        match self.pace {
            Pace::Whole => stream.write_all(&self.body),
            Pace::Cut(count) => stream.write_all(&self.body[..count.min(self.body.len())]),
            Pace::Stuck(count) => {
                stream.write_all(&self.body[..count.min(self.body.len())])?;
                thread::sleep(Duration::from_secs(2));
                Ok(())
            }
            Pace::Slow(count, pause) => self.body.chunks(count).try_for_each(|chunk| {
                thread::sleep(pause);
                stream.write_all(chunk)
            }),
        }
    }
}

/// A server that ends with the test's process.
pub struct Server {
    pub endpoint: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub fn new(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("bound"));
        let requests = Arc::new(Mutex::new(vec![]));
        let (seen, answer) = (requests.clone(), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, answer) = (seen.clone(), answer.clone());
                thread::spawn(move || {
                    // Who hangs up wants no answer.
                    let mut stream = stream.ok()?;
                    let request = read(&stream)?;
                    seen.lock().expect("whole").push(request.clone());
                    answer(&request).send(&request, &mut stream).ok()
                });
            }
        });
        Self { endpoint, requests }
    }

    /// What was asked so far.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("whole").clone()
    }

    /// From which places contents were asked for.
    pub fn starts(&self, path: &str) -> Vec<usize> {
        let requests = self.requests().into_iter();
        let own = requests.filter(|request| request.method == "GET" && request.path == path);
        own.map(|request| request.start().unwrap_or(0)).collect()
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let mut words = first.split(' ').map(str::to_string);
    let (method, path) = (words.next()?, words.next()?);
    let lines = lines.map_while(Result::ok);
    let headers = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_lowercase(), value.trim().to_string()))
        });
    Some(Request {
        method,
        path,
        headers: headers.collect(),
    })
}
