//! The log's files: appended whole lines at a time, rotated by size, found again when someone moved them away.

use super::Event;
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A file is rotated before it grows past this.
const MAX_FILE_BYTES: u64 = 16 << 20;
/// Rotated files kept, `activity.jsonl.1` the newest: with the current one 80 MiB at most.
const KEEP: usize = 4;
/// Lines kept in memory while the disk refuses; older ones are lost first.
const MAX_PENDING: usize = 4096;
/// Bytes read back from a file's end at start: a thousand events of a few hundred bytes.
const TAIL_BYTES: u64 = 2 << 20;
/// Longest line kept; a handler's metadata is small, so a longer one is a mistake and loses its metadata.
const MAX_LINE: usize = 64 << 10;

/// The log on disk, and the lines that are not there yet.
pub(super) struct Disk {
    path: PathBuf,
    max_bytes: u64,
    file: Option<Open>,
    pending: VecDeque<Vec<u8>>,
    lost: u64,
    reported: u64,
}

struct Open {
    file: File,
    inode: u64,
    len: u64,
}

impl Disk {
    pub(super) fn new(dir: &Path) -> Disk {
        Disk::with_limit(dir, MAX_FILE_BYTES)
    }

    fn with_limit(dir: &Path, max_bytes: u64) -> Disk {
        Disk { path: dir.join("activity.jsonl"), max_bytes, file: None, pending: VecDeque::new(), lost: 0, reported: 0 }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the file, making the folder when it is missing.
    pub(super) fn open(&mut self) -> io::Result<()> {
        self.file = Some(Open::append(&self.path)?);
        Ok(())
    }

    /// Lines wait because the disk refused.
    pub(super) fn is_behind(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Lines lost since start.
    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    /// Lines lost since this was last asked.
    pub(super) fn take_lost(&mut self) -> u64 {
        let new = self.lost - self.reported;
        self.reported = self.lost;
        new
    }

    /// Gives up what is pending; how much that was, with what was lost before and not yet asked for.
    pub(super) fn abandon(&mut self) -> u64 {
        self.lost += self.pending.len() as u64;
        self.pending.clear();
        self.take_lost()
    }

    /// Adds a line to what is pending.
    pub(super) fn push(&mut self, event: &Event) {
        let mut line = encode(event);
        if line.len() > MAX_LINE {
            line = encode(&Event { metadata: serde_json::Map::new(), ..event.clone() });
        }
        if self.pending.len() == MAX_PENDING {
            self.pending.pop_front();
            self.lost += 1;
        }
        self.pending.push_back(line);
    }

    /// Writes what is pending. After an error all of it, or what did not get there, is still pending.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let result = self.try_flush();
        if result.is_err() {
            self.file = None;
        }
        result
    }

    fn try_flush(&mut self) -> io::Result<()> {
        if self.file.as_ref().is_some_and(|open| !open.is_still(&self.path)) {
            self.file = None;
        }
        while !self.pending.is_empty() {
            let mut open = match self.file.take() {
                Some(open) => open,
                None => Open::append(&self.path)?,
            };
            let first = self.pending.front().map_or(0, Vec::len) as u64;
            if open.len > 0 && open.len + first > self.max_bytes {
                drop(open);
                self.rotate()?;
                continue;
            }
            let mut batch = Vec::new();
            let mut lines = 0;
            for line in &self.pending {
                if lines > 0 && open.len + (batch.len() + line.len()) as u64 > self.max_bytes {
                    break;
                }
                batch.extend_from_slice(line);
                lines += 1;
            }
            open.write(&batch)?;
            self.pending.drain(..lines);
            self.file = Some(open);
        }
        Ok(())
    }

    fn rotated(&self, n: usize) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{n}"));
        name.into()
    }

    fn rotate(&self) -> io::Result<()> {
        for n in (1..KEEP).rev() {
            rename_if_there(&self.rotated(n), &self.rotated(n + 1))?;
        }
        rename_if_there(&self.path, &self.rotated(1))
    }

    /// The newest `n` events on disk, oldest first. What cannot be read or understood is left out.
    pub(super) fn tail(&mut self, n: usize) -> Vec<Event> {
        let mut events = read_tail(&self.path);
        if events.len() < n {
            let mut older = read_tail(&self.rotated(1));
            older.append(&mut events);
            events = older;
        }
        events.split_off(events.len().saturating_sub(n))
    }
}

impl Open {
    fn append(path: &Path) -> io::Result<Open> {
        if let Some(dir) = path.parent() {
            std::fs::create_dir_all(dir)?;
        }
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
        let metadata = file.metadata()?;
        let mut open = Open { inode: metadata.ino(), len: metadata.len(), file: file.try_clone()? };
        // A line torn by a crash must not swallow the next one.
        if open.len > 0 {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                open.write(b"\n")?;
            }
        }
        Ok(open)
    }

    /// Whether `path` still names the open file: a deleted folder or somebody else's rotation must not swallow lines.
    fn is_still(&self, path: &Path) -> bool {
        std::fs::metadata(path).is_ok_and(|m| m.ino() == self.inode)
    }

    /// Appends all of `bytes` or, as far as the disk allows, nothing.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.file.write_all(bytes) {
            Ok(()) => {
                self.len += bytes.len() as u64;
                Ok(())
            }
            Err(e) => {
                // A torn line that cannot be cut off is closed by the next `append`; the first error says more than a second.
                let _ = self.file.set_len(self.len);
                Err(e)
            }
        }
    }
}

fn encode(event: &Event) -> Vec<u8> {
    let mut line = serde_json::to_vec(event).expect("an event has string keys and no failing serializers");
    line.push(b'\n');
    line
}

fn rename_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match std::fs::rename(from, to) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn read_tail(path: &Path) -> Vec<Event> {
    let read = || -> io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let len = file.metadata()?.len();
        file.seek(SeekFrom::Start(len.saturating_sub(TAIL_BYTES)))?;
        let mut bytes = Vec::new();
        file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match read() {
        Ok(bytes) => bytes.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(e) => {
            log::warn!("activity log: {} cannot be read back: {e}", path.display());
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{event, folder};
    use super::*;

    fn write(disk: &mut Disk, ids: std::ops::Range<usize>) {
        ids.for_each(|i| disk.push(&event(i)));
        disk.flush().unwrap();
    }

    fn ids(path: &Path) -> Vec<usize> {
        read_tail(path).into_iter().map(|e| e.event_id.parse().unwrap()).collect()
    }

    #[test]
    fn files_rotate_at_their_limit_and_only_some_are_kept() {
        let dir = folder();
        let line = encode(&event(10)).len() as u64;
        let mut disk = Disk::with_limit(&dir, line * 2 + 1);
        // One batch over many files, and batches of one: both rotate the same.
        write(&mut disk, 10..19);
        (19..25).for_each(|i| write(&mut disk, i..i + 1));
        let path = |n: usize| if n == 0 { dir.join("activity.jsonl") } else { dir.join(format!("activity.jsonl.{n}")) };
        let kept: Vec<_> = (0..=KEEP).map(|n| ids(&path(n))).collect();
        assert_eq!(kept, [vec![24], vec![22, 23], vec![20, 21], vec![18, 19], vec![16, 17]]);
        assert!(!path(KEEP + 1).exists());
        let newest: Vec<_> = disk.tail(2).into_iter().map(|e| e.event_id).collect();
        assert_eq!(newest, ["23", "24"]);
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_folder_deleted_underneath_is_made_again() {
        let dir = folder();
        let mut disk = Disk::new(&dir);
        write(&mut disk, 0..2);
        std::fs::remove_dir_all(&dir).unwrap();
        write(&mut disk, 2..4);
        assert_eq!(ids(disk.path()), [2, 3]);
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_line_torn_by_a_crash_costs_itself_only() {
        let dir = folder();
        std::fs::create_dir_all(&dir).unwrap();
        let mut torn = encode(&event(0));
        torn.extend_from_slice(br#"{"timestamp":"20"#);
        std::fs::write(dir.join("activity.jsonl"), torn).unwrap();
        let mut disk = Disk::new(&dir);
        assert_eq!(disk.tail(10).len(), 1);
        write(&mut disk, 1..2);
        assert_eq!(ids(disk.path()), [0, 1]);
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn while_the_disk_refuses_the_newest_lines_wait_and_the_oldest_are_counted_as_lost() {
        let dir = folder();
        std::fs::write(&dir, "").unwrap();
        let mut disk = Disk::new(&dir);
        (0..MAX_PENDING + 3).for_each(|i| disk.push(&event(i)));
        assert!(disk.flush().is_err() && disk.is_behind());
        assert_eq!((disk.lost(), disk.take_lost(), disk.take_lost()), (3, 3, 0));
        std::fs::remove_file(&dir).unwrap();
        disk.flush().unwrap();
        assert_eq!(ids(disk.path())[..2], [3, 4]);
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_full_disk_leaves_no_torn_line() {
        // /dev/full opens and refuses every write.
        let mut disk = Disk::new(Path::new("/nowhere"));
        disk.path = "/dev/full".into();
        disk.push(&event(1));
        assert!(disk.flush().is_err() && disk.is_behind());
        assert_eq!(disk.abandon(), 1);
    }

    #[test]
    fn a_monstrous_event_loses_its_metadata_not_its_line() {
        let mut big = event(1);
        big.metadata.insert("x".into(), "y".repeat(MAX_LINE).into());
        let mut disk = Disk::new(Path::new("/nowhere"));
        disk.push(&big);
        assert!(disk.pending[0].len() < 1000);
    }
}
