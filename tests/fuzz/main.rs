//! The fuzz targets on a stable toolchain: the files of `fuzz/seeds`, and broken forms of them.
//!
//! `INVIGILATOR_FUZZ_SEEDS=100000 cargo test --release --test fuzz` tries more. `tests/fuzz-long` runs libFuzzer.

mod bodies;
mod mutation;

use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// An input that takes longer hangs, on any machine; none takes a hundredth of it.
const HANGS: Duration = Duration::from_secs(20);

/// The files that are kept, by name.
fn seeds() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let entries = std::fs::read_dir(&folder).expect("the folder is there");
    let file = |path: &Path| {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        (name, std::fs::read(path).expect("the file can be read"))
    };
    let mut files: Vec<_> = entries.map(|entry| file(&entry.expect("an entry").path())).collect();
    files.sort();
    files
}

/// Runs each input on a thread of its own kind and names the one that does not come back.
fn run_all(inputs: impl Iterator<Item = (String, Vec<u8>)> + Send + 'static) -> usize {
    let (begun, watch) = mpsc::channel();
    let worker = std::thread::spawn(move || {
        for (name, bytes) in inputs {
            begun.send(name).expect("somebody watches");
            bodies::lines(&bytes);
            bodies::reading(&bytes);
        }
    });
    let (mut running, mut count) = ("nothing".to_owned(), 0);
    loop {
        match watch.recv_timeout(HANGS) {
            Ok(name) => (running, count) = (name, count + 1),
            Err(RecvTimeoutError::Timeout) => panic!("{running} hangs"),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    assert!(worker.join().is_ok(), "{running} breaks a promise");
    count
}

#[test]
fn the_kept_files_keep_every_promise() {
    assert!(run_all(seeds().into_iter()) >= 40);
}

#[test]
fn broken_forms_of_them_keep_every_promise() {
    let wanted = std::env::var("INVIGILATOR_FUZZ_SEEDS").ok();
    let count = wanted.map(|text| text.parse().expect("INVIGILATOR_FUZZ_SEEDS is a number"));
    let files: Vec<Vec<u8>> = seeds().into_iter().map(|(_, bytes)| bytes).collect();
    let inputs = (1..=count.unwrap_or(1_500_u64))
        .map(move |seed| (format!("seed {seed}"), mutation::broken(&files, seed)));
    run_all(inputs);
}
