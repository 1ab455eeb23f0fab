//! A scheduler of Dask's, and workers of ours, each in a runtime of its own.

use super::execute::Toys;
use partita_dask::block::Seal;
use partita_dask::service::{BlockRunner, Execute, Settings, serve};
use partita_dask::{Address, Key};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The versions of `distributed` that are tried: the first one that is spoken, and the newest.
pub(crate) fn versions() -> Vec<String> {
    vec!["==2025.4.0".to_owned(), String::new()]
}

/// How long anything may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// A virtual environment with this version. It is made once, and stays with what is built.
fn environment(version: &str) -> PathBuf {
    static MAKING: Mutex<()> = Mutex::new(());
    let _making = MAKING.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let name = if version.is_empty() { "newest" } else { version.trim_start_matches('=') };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("dask-{name}"));
    if folder.join("made").exists() {
        return folder;
    }
    std::fs::remove_dir_all(&folder).ok();
    let run = |program: &Path, arguments: &[&str]| {
        let ran = Command::new(program).args(arguments).output();
        let ran =
            ran.unwrap_or_else(|error| panic!("{}: {error}; these tests need Python 3.10 or later", program.display()));
        assert!(ran.status.success(), "{} {arguments:?}: {}", program.display(), String::from_utf8_lossy(&ran.stderr));
    };
    run(Path::new("python3"), &["-m", "venv", folder.to_str().unwrap()]);
    let packages = [format!("dask{version}"), format!("distributed{version}")];
    run(&folder.join("bin/pip"), &["install", "--quiet", "--disable-pip-version-check", &packages[0], &packages[1]]);
    std::fs::write(folder.join("made"), "").unwrap();
    folder
}

/// A scheduler.
pub(crate) struct Cluster {
    scheduler: Child,
    pub(crate) address: Address,
    _folder: tempfile::TempDir,
}

impl Cluster {
    pub(crate) fn start(version: &str) -> Cluster {
        let environment = environment(version);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("scheduler.json");
        let scheduler = Command::new(environment.join("bin/dask"))
            .args([
                "scheduler",
                "--host",
                "127.0.0.1",
                "--port",
                "0",
                "--dashboard-address",
                "127.0.0.1:0",
                "--scheduler-file",
            ])
            .arg(&file)
            .env("DASK_DISTRIBUTED__SCHEDULER__VALIDATE", "True")
            // Workers die more often here than anywhere else.
            .env("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "1000")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begin = Instant::now();
        let address = loop {
            if let Ok(address) = Address::of_file(&file) {
                break address;
            }
            assert!(begin.elapsed() < LIMIT, "no scheduler");
            std::thread::sleep(Duration::from_millis(20));
        };
        Cluster { scheduler, address, _folder: folder }
    }

    /// A worker of ours.
    pub(crate) fn worker(&self, name: &str, threads: u32) -> TestWorker {
        self.start_worker(name, threads, Arc::new(Toys))
    }

    fn start_worker(&self, name: &str, threads: u32, execute: Arc<dyn Execute>) -> TestWorker {
        let settings = Settings::new(self.address.clone(), Key::from(name), threads);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let ended = runtime.spawn(serve(settings, execute));
        TestWorker { runtime: Some(runtime), _ended: ended }
    }

    /// A worker of ours that runs blocks which are sealed so.
    pub(crate) fn runner(&self, name: &str, threads: u32, words: &str) -> TestWorker {
        self.start_worker(name, threads, Arc::new(BlockRunner::new(Seal::new(words))))
    }

    /// The scheduler is still there, and ends.
    pub(crate) fn end(mut self) {
        assert!(self.scheduler.try_wait().unwrap().is_none(), "the scheduler ended");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.scheduler.kill().ok();
        self.scheduler.wait().ok();
    }
}

/// A worker; dropped, it is gone without a word.
pub(crate) struct TestWorker {
    runtime: Option<tokio::runtime::Runtime>,
    _ended: tokio::task::JoinHandle<Result<String, partita_dask::service::ServiceError>>,
}

impl TestWorker {
    /// It is gone without a word.
    pub(crate) fn kill(self) {
        drop(self);
    }
}

impl Drop for TestWorker {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
