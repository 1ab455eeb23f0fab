//! A browser without a window: Chromium, told what to do over its debugging socket, and listened to.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, ErrorKind};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;
use tungstenite::protocol::WebSocket;
use tungstenite::{Message, client};

/// Names that the program goes by.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// A browser with one page.
pub(crate) struct Browser {
    process: Child,
    socket: WebSocket<TcpStream>,
    session: String,
    next: u64,
    /// What the page complained of, and what it asked for, since it was last opened.
    pub(crate) complaints: Vec<String>,
    pub(crate) requests: Vec<String>,
    _profile: tempfile::TempDir,
}

/// The browser's program. It is installed if it is not there and that is allowed.
fn program() -> &'static str {
    static PROGRAM: OnceLock<&'static str> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let works = |name: &&str| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success());
        let find = || NAMES.iter().copied().find(works);
        find().or_else(|| install().then(find).flatten()).expect(
            "the tests of the dashboard need Chromium: install it (`apt-get install chromium`), or run them as root once",
        )
    })
}

/// Installs it from the system's packages.
fn install() -> bool {
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        let command = command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        command.stdin(Stdio::null()).stdout(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    Path::new("/usr/bin/apt-get").exists()
        && apt(&["update"])
        && apt(&["install", "-y", "--no-install-recommends", "chromium"])
}

impl Browser {
    /// A browser whose window has this size.
    pub(crate) fn start(width: u32, height: u32) -> Browser {
        let profile = tempfile::tempdir().unwrap();
        let mut process = Command::new(program())
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
            .args(["--disable-background-networking", "--remote-debugging-port=0", "about:blank"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix("DevTools listening on ").map(String::from));
        let address = address.expect("the browser tells where it listens");
        // What it says later is read, so that it is never kept waiting.
        std::thread::spawn(move || lines.for_each(drop));
        let stream = TcpStream::connect(address.split('/').nth(2).unwrap()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        let (socket, _) = client(address.as_str(), stream).unwrap();
        let (session, complaints, requests) = Default::default();
        let mut browser = Browser { process, socket, session, next: 0, complaints, requests, _profile: profile };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let attached = browser.call("Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        browser.session = attached["sessionId"].as_str().unwrap().into();
        for domain in ["Page", "Runtime", "Network", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser.size(width, height);
        browser
    }

    /// Gives the page this size.
    pub(crate) fn size(&mut self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", size);
    }

    /// Whether the reader likes it dark.
    pub(crate) fn dark(&mut self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": value}]});
        self.call("Emulation.setEmulatedMedia", features);
    }

    /// Opens an address, and waits until this expression is true.
    pub(crate) fn open(&mut self, url: &str, until: &str) {
        self.complaints.clear();
        self.requests.clear();
        self.call("Page.navigate", json!({"url": url}));
        self.wait(until);
    }

    /// Waits until an expression is true, as it is on the page that is open by then.
    pub(crate) fn wait(&mut self, until: &str) {
        let began = std::time::Instant::now();
        while self.eval(&format!("Boolean({until})")) != json!(true) {
            let page = || "document.body ? document.body.innerText.slice(0, 2000) : ''";
            if began.elapsed() > Duration::from_secs(90) {
                let text = self.eval(page());
                panic!("never true: {until}; {:?}; {text}", self.complaints);
            }
            std::thread::yield_now();
            // A turn of the page's own clock between two looks.
            self.eval("new Promise((done) => setTimeout(done, 50))");
        }
    }

    /// What an expression is; null if the page is just changing.
    pub(crate) fn eval(&mut self, expression: &str) -> Value {
        let question = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let answer = self.call("Runtime.evaluate", question);
        answer["result"]["value"].clone()
    }

    /// Presses a key, as a reader does: `Tab`, `Enter`, an arrow, or a sign.
    pub(crate) fn press(&mut self, key: &str) {
        let codes =
            [("Tab", 9), ("Enter", 13), ("ArrowLeft", 37), ("ArrowUp", 38), ("ArrowRight", 39), ("ArrowDown", 40)];
        let code = codes.iter().find(|(name, _)| *name == key).map_or(0, |(_, code)| *code);
        let text = match key {
            "Enter" => "\r",
            key if code == 0 => key,
            _ => "",
        };
        let event = |kind: &str| json!({"type": kind, "key": key, "text": text, "windowsVirtualKeyCode": code});
        self.call("Input.dispatchKeyEvent", event(if text.is_empty() { "rawKeyDown" } else { "keyDown" }));
        self.call("Input.dispatchKeyEvent", json!({"type": "keyUp", "key": key, "windowsVirtualKeyCode": code}));
    }

    /// What an expression is that must be a string.
    pub(crate) fn words(&mut self, expression: &str) -> String {
        let told = self.eval(expression);
        told.as_str().unwrap_or_else(|| panic!("{expression} is {told}")).into()
    }

    /// The text of the page.
    pub(crate) fn text(&mut self) -> String {
        self.eval("document.body.innerText").as_str().unwrap_or_default().into()
    }

    /// Keeps a picture of the page in a folder, if the environment names one in `PARTITA_SCREENSHOTS`.
    pub(crate) fn keep(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("PARTITA_SCREENSHOTS") else { return };
        use base64::Engine;
        let picture = self.call("Page.captureScreenshot", json!({"format": "png"}));
        let bytes = base64::engine::general_purpose::STANDARD.decode(picture["data"].as_str().unwrap()).unwrap();
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), bytes).unwrap();
    }

    fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.next += 1;
        let mut message = json!({"id": self.next, "method": method, "params": parameters});
        if !self.session.is_empty() {
            message["sessionId"] = self.session.clone().into();
        }
        self.socket.send(Message::text(message.to_string())).unwrap();
        loop {
            let text = match self.socket.read() {
                Ok(Message::Text(text)) => text,
                Ok(_) => continue,
                // A signal, such as that of a child that ended.
                Err(tungstenite::Error::Io(error)) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => panic!("the browser does not answer: {error}"),
            };
            let heard: Value = serde_json::from_str(text.as_str()).unwrap();
            if heard["id"] == json!(self.next) {
                return heard["result"].clone();
            }
            self.hear(&heard["method"], &heard["params"]);
        }
    }

    fn hear(&mut self, method: &Value, what: &Value) {
        match method.as_str().unwrap_or_default() {
            "Runtime.exceptionThrown" => self.complaints.push(what["exceptionDetails"].to_string()),
            "Runtime.consoleAPICalled" if what["type"] != "log" => self.complaints.push(what["args"].to_string()),
            "Log.entryAdded" => self.complaints.push(what["entry"].to_string()),
            "Network.requestWillBeSent" => {
                self.requests.push(what["request"]["url"].as_str().unwrap_or_default().into())
            }
            _ => {}
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
