//! A small server of the tests: files over HTTP, and buckets as S3 has them, with faults that are planted, and a log.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Keys that a list has, before it is to be continued.
const PAGE: usize = 2;

/// What a request gets instead of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing but a status, with a code of S3's.
    Status(u16, &'static str),
    /// The first half of the answer.
    Half,
    /// The whole file, although a range is asked for.
    Whole,
}

/// A request that was answered.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) range: Option<Range<usize>>,
    pub(crate) login: Option<String>,
    pub(crate) sent: usize,
}

struct Planted {
    method: &'static str,
    path: &'static str,
    fault: Fault,
    times: usize,
}

#[derive(Default)]
struct State {
    /// Files by their paths, with numbers of their versions.
    files: BTreeMap<String, (Vec<u8>, usize)>,
    uploads: BTreeMap<String, (String, BTreeMap<usize, Vec<u8>>)>,
    versions: usize,
    planted: Vec<Planted>,
    log: Vec<Asked>,
    tagless: bool,
    ended: bool,
}

/// The server; it ends when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    state: Arc<(Mutex<State>, Condvar)>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server { address: listener.local_addr().unwrap(), state: Arc::default() };
        let state = server.state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if state.0.lock().unwrap().ended {
                    return;
                }
                let state = state.clone();
                // Who asks may be gone before the answer is.
                std::thread::spawn(move || stream.and_then(|stream| answer(&stream, &state)));
            }
        });
        server
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// Options with which this server is S3.
    pub(crate) fn options(&self) -> Vec<(&'static str, String)> {
        let endpoint = format!("http://{}", self.address);
        let key = [("aws_access_key_id", "me"), ("aws_secret_access_key", "hush-hush"), ("aws_region", "here")];
        let all = key.into_iter().chain([("aws_allow_http", "true"), ("max_retries", "2")]);
        all.map(|(name, value)| (name, value.to_string())).chain([("aws_endpoint", endpoint)]).collect()
    }

    /// Puts a file there, of a new version.
    pub(crate) fn put(&self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.state.0.lock().unwrap().put(path.to_string(), bytes.into());
    }

    pub(crate) fn remove(&self, path: &str) {
        self.state.0.lock().unwrap().files.remove(path);
    }

    pub(crate) fn get(&self, path: &str) -> Option<Vec<u8>> {
        self.state.0.lock().unwrap().files.get(path).map(|(bytes, _)| bytes.clone())
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.state.0.lock().unwrap().files.keys().cloned().collect()
    }

    /// Tells no tags of versions, only times.
    pub(crate) fn tagless(&self) {
        self.state.0.lock().unwrap().tagless = true;
    }

    /// Plants a fault for the next requests of a method whose path contains a text.
    pub(crate) fn plant(&self, method: &'static str, path: &'static str, fault: Fault, times: usize) {
        self.state.0.lock().unwrap().planted.push(Planted { method, path, fault, times });
    }

    /// What was asked since this was called before.
    pub(crate) fn log(&self) -> Vec<Asked> {
        std::mem::take(&mut self.state.0.lock().unwrap().log)
    }

    /// Waits until no upload is left.
    pub(crate) fn no_uploads(&self) {
        let (state, changed) = &*self.state;
        let state = state.lock().unwrap();
        let (state, _) =
            changed.wait_timeout_while(state, Duration::from_secs(20), |state| !state.uploads.is_empty()).unwrap();
        assert!(state.uploads.is_empty(), "{:?}", state.uploads.keys());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.state.0.lock().unwrap().ended = true;
        drop(TcpStream::connect(self.address));
    }
}

/// Bytes of content that were sent.
pub(crate) fn sent(log: &[Asked]) -> usize {
    log.iter().filter(|asked| asked.method == "GET" && !asked.query.contains("list-type")).map(|asked| asked.sent).sum()
}

/// A request as it came.
struct Request {
    method: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Request {
    fn read(stream: &TcpStream) -> std::io::Result<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut words = line.split_whitespace();
        let (method, target) = (words.next().unwrap_or_default().to_string(), words.next().unwrap_or_default());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (path, query) = (decoded(path.trim_start_matches('/')), decoded(query));
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_string());
        }
        let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        Ok(Request { method, path, query, headers, body })
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.query.split('&').find_map(|part| {
            let (found, value) = part.split_once('=').unwrap_or((part, ""));
            (found == name).then_some(value)
        })
    }

    fn range(&self) -> Option<Range<usize>> {
        let (start, end) = self.headers.get("range")?.strip_prefix("bytes=")?.split_once('-')?;
        Some(start.parse().ok()?..end.parse::<usize>().ok()? + 1)
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits: String = rest.by_ref().take(2).map(char::from).collect();
                bytes.push(u8::from_str_radix(&digits, 16).unwrap());
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// An answer: its status, headers and body.
type Answer = (u16, Vec<(&'static str, String)>, Vec<u8>);

fn plain(status: u16, body: impl Into<Vec<u8>>) -> Answer {
    (status, Vec::new(), body.into())
}

fn refused(status: u16, code: &str) -> Answer {
    plain(status, format!("<Error><Code>{code}</Code><Message>This is {code}.</Message></Error>"))
}

fn answer(mut stream: &TcpStream, (state, changed): &(Mutex<State>, Condvar)) -> std::io::Result<()> {
    let request = Request::read(stream)?;
    let mut state = state.lock().unwrap();
    let fault = state.fault(&request);
    let (status, headers, body) = match fault {
        Some(Fault::Status(status, code)) => refused(status, code),
        other => state.answer(&request, other == Some(Fault::Whole)),
    };
    let mut head = format!("HTTP/1.1 {status} Status\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    headers.iter().for_each(|(name, value)| write!(head, "{name}: {value}\r\n").unwrap());
    let body = match fault {
        _ if request.method == "HEAD" => &[],
        Some(Fault::Half) => &body[..body.len() / 2],
        _ => &body[..],
    };
    let Request { ref method, ref path, ref query, .. } = request;
    let (method, path, query) = (method.clone(), path.clone(), query.clone());
    let login = request.headers.get("authorization").cloned();
    state.log.push(Asked { method, path, query, range: request.range(), login, sent: body.len() });
    drop(state);
    changed.notify_all();
    stream.write_all(head.as_bytes())?;
    stream.write_all(b"\r\n")?;
    stream.write_all(body)
}

impl State {
    fn put(&mut self, path: String, bytes: Vec<u8>) -> String {
        self.versions += 1;
        self.files.insert(path, (bytes, self.versions));
        format!("\"v{}\"", self.versions)
    }

    fn fault(&mut self, request: &Request) -> Option<Fault> {
        let of = |planted: &&mut Planted| {
            let asked = format!("{}?{}", request.path, request.query);
            planted.times > 0 && planted.method == request.method && asked.contains(planted.path)
        };
        let planted = self.planted.iter_mut().find(of)?;
        planted.times -= 1;
        Some(planted.fault)
    }

    fn answer(&mut self, request: &Request, whole: bool) -> Answer {
        match request.method.as_str() {
            "GET" if request.parameter("list-type").is_some() => self.list(request),
            "GET" | "HEAD" => self.read(request, whole),
            "POST" if request.parameter("delete").is_some() => self.delete(request),
            _ => self.write(request),
        }
    }

    fn read(&self, request: &Request, whole: bool) -> Answer {
        let Some((bytes, version)) = self.files.get(&request.path) else { return refused(404, "NoSuchKey") };
        let tag = format!("\"v{version}\"");
        if request.headers.get("if-match").is_some_and(|wanted| *wanted != tag) {
            return refused(412, "PreconditionFailed");
        }
        let mut headers = vec![("Last-Modified", format!("Thu, 01 Jan 2026 00:00:{:02} GMT", version % 60))];
        if !self.tagless {
            headers.push(("ETag", tag));
        }
        match request.range().filter(|_| !whole) {
            Some(range) if range.start < bytes.len() => {
                let range = range.start..range.end.min(bytes.len());
                headers.push(("Content-Range", format!("bytes {}-{}/{}", range.start, range.end - 1, bytes.len())));
                (206, headers, bytes[range].to_vec())
            }
            Some(_) => refused(416, "InvalidRange"),
            None => (200, headers, bytes.clone()),
        }
    }

    fn list(&self, request: &Request) -> Answer {
        let bucket = request.path.trim_end_matches('/');
        if bucket == "nowhere" {
            return refused(404, "NoSuchBucket");
        }
        let prefix = format!("{bucket}/{}", request.parameter("prefix").unwrap_or_default());
        let after = request.parameter("continuation-token").unwrap_or_default();
        let found = self.files.iter().filter(|(path, _)| path.starts_with(&prefix) && path.as_str() > after);
        let found: Vec<_> = found.take(PAGE + 1).collect();
        let mut text = "<ListBucketResult>".to_string();
        for (path, (bytes, version)) in found.iter().take(PAGE) {
            let (key, size) = (&path[bucket.len() + 1..], bytes.len());
            let time = format!("2026-01-01T00:00:{:02}.000Z", version % 60);
            write!(text, "<Contents><Key>{key}</Key><LastModified>{time}</LastModified>").unwrap();
            write!(text, "<ETag>&quot;v{version}&quot;</ETag><Size>{size}</Size></Contents>").unwrap();
        }
        let more = found.len() > PAGE;
        write!(text, "<IsTruncated>{more}</IsTruncated>").unwrap();
        if more {
            write!(text, "<NextContinuationToken>{}</NextContinuationToken>", found[PAGE - 1].0).unwrap();
        }
        plain(200, text + "</ListBucketResult>")
    }

    fn delete(&mut self, request: &Request) -> Answer {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let mut text = "<DeleteResult>".to_string();
        for key in body.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next()) {
            self.files.remove(&format!("{}/{key}", request.path.trim_end_matches('/')));
            write!(text, "<Deleted><Key>{key}</Key></Deleted>").unwrap();
        }
        plain(200, text + "</DeleteResult>")
    }

    fn write(&mut self, request: &Request) -> Answer {
        let (path, body) = (request.path.clone(), request.body.clone());
        let upload = request.parameter("uploadId").map(String::from);
        match (request.method.as_str(), upload) {
            ("POST", None) if request.parameter("uploads").is_some() => {
                self.versions += 1;
                let id = self.versions.to_string();
                self.uploads.insert(id.clone(), (path, BTreeMap::new()));
                plain(
                    200,
                    format!("<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"),
                )
            }
            ("PUT", Some(id)) => {
                let number = request.parameter("partNumber").unwrap().parse().unwrap();
                let Some((_, parts)) = self.uploads.get_mut(&id) else { return refused(404, "NoSuchUpload") };
                parts.insert(number, body);
                (200, vec![("ETag", format!("\"p{number}\""))], Vec::new())
            }
            ("POST", Some(id)) => {
                let Some((path, parts)) = self.uploads.remove(&id) else { return refused(404, "NoSuchUpload") };
                let tag = self.put(path, parts.into_values().flatten().collect());
                let tag = tag.replace('"', "&quot;");
                plain(200, format!("<CompleteMultipartUploadResult><ETag>{tag}</ETag></CompleteMultipartUploadResult>"))
            }
            ("DELETE", Some(id)) => {
                self.uploads.remove(&id);
                plain(204, "")
            }
            ("PUT", None) => {
                let tag = self.put(path, body);
                (200, vec![("ETag", tag)], Vec::new())
            }
            _ => refused(405, "MethodNotAllowed"),
        }
    }
}
