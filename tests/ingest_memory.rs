//! What an ingestion holds in memory. A process of its own: what it measures is the whole process.

use headwater::ingest::{Content, Ingest, Knowledge, Limits, Target, Upload};
use headwater::realtime::Hub;
use headwater::store::Store;

/// Files of a megabyte, of which little is kept: a table's columns and a sample of the text.
const FILES: usize = 96;
/// A file's bytes.
const BYTES: usize = 1 << 20;
/// What an upload may take at its height, half of what the files hold: two groups of 4 MiB with their readings, the store's cache, what
/// stays of each file. 30 MiB were measured, and 115 with all files in one group.
const MOST_KB: u64 = 48 << 10;

/// Bytes of a dump, whose rows are data but for the first thousand, and which is one file.
const DUMP_BYTES: usize = 8 << 20;
/// What it may take: its bytes, them as text in two forms, the tokens of a megabyte or two. 45 MiB were measured; when all of it was tokens
/// at once, sixty bytes for each of its own.
const MOST_FOR_DUMP_KB: u64 = 96 << 10;

/// Most memory this process ever had, in KiB.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn an_upload_of_many_files_holds_a_few_of_them_at_a_time() {
    let dir = std::env::temp_dir().join(format!("headwater-test-{}", headwater::id::random()));
    let store = Store::open(&dir).unwrap();
    let limits = Limits { max_bytes: 2 * DUMP_BYTES as u64, extensions: vec![".csv".into(), ".sql".into()] };
    let ingest = Ingest::new(store.clone(), Knowledge::default(), Hub::new(1, 1), limits);
    let row = "apples and pears,12\n";
    let text = format!("name,amount_{{n}}\n{}", row.repeat(BYTES / row.len()));
    let files = (0..FILES).map(|n| {
        let path = dir.join(n.to_string());
        std::fs::write(&path, text.replacen("{n}", &n.to_string(), 1)).unwrap();
        Upload { path: format!("{n}.csv"), content: Content::File(path) }
    });
    let files = files.collect();
    let placed = ingest.target(&Target::default()).unwrap();
    let before = peak_kb();
    let report = ingest.run(placed.request("upload", None, files)).unwrap();
    let grown = peak_kb() - before;
    assert_eq!(report.files_processed, FILES);
    assert!(grown < MOST_KB, "{grown} KiB for {FILES} files of {} KiB", BYTES >> 10);
    let rows = (0..DUMP_BYTES / 60).map(|n| format!("INSERT INTO shop.orders (id, note) VALUES ({n:08}, 'an apple');\n"));
    let dump = format!("{}CREATE VIEW shop.last AS SELECT id FROM shop.orders;\n", rows.collect::<String>());
    let file = Upload { path: "dump.sql".into(), content: Content::Bytes(dump.into_bytes()) };
    let before = peak_kb();
    let report = ingest.run(ingest.target(&Target::default()).unwrap().request("upload", None, vec![file])).unwrap();
    let grown = peak_kb() - before;
    assert!(report.total_nodes_created >= 3 && report.results[0].diagnostics.iter().any(|d| d.message.contains("are data")), "{report:?}");
    assert!(grown < MOST_FOR_DUMP_KB, "{grown} KiB for a dump of {DUMP_BYTES} bytes");
    store.close();
    std::fs::remove_dir_all(&dir).unwrap();
}
