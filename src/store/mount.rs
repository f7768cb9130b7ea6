//! What the store's folder lies on. SQLite's locks and the memory that its readers share hold on a disk of the machine, not on one that
//! comes over a network.

use std::path::Path;

/// File systems over a network, by the names that Linux gives them.
const REMOTE: [&str; 13] =
    ["9p", "afs", "ceph", "cifs", "fuse.ceph", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs", "lustre", "nfs", "nfs4", "smb3"];

/// The name of the network file system that `dir` lies on, if it does and Linux says so.
pub(super) fn remote(dir: &Path) -> Option<String> {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    let dir = dir.canonicalize().ok()?;
    kind(&mounts, &dir).filter(|kind| REMOTE.contains(kind)).map(str::to_owned)
}

/// The file system that `dir` lies on: of the mounts above it the longest, and of two at the same place the later.
fn kind<'a>(mounts: &'a str, dir: &Path) -> Option<&'a str> {
    let above = mounts.lines().filter_map(|line| {
        let (place, source) = line.split_once(" - ")?;
        let point = unescaped(place.split(' ').nth(4)?);
        dir.starts_with(&point).then_some((point.len(), source.split(' ').next()?))
    });
    above.max_by_key(|(length, _)| *length).map(|(_, kind)| kind)
}

/// A mount point as it is: blanks and the like stand there in octal.
fn unescaped(text: &str) -> String {
    text.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
}

#[cfg(test)]
mod tests {
    use super::{kind, remote};
    use std::path::Path;

    #[test]
    fn the_nearest_and_latest_mount_above_a_folder_says_what_it_lies_on() {
        let mounts = "\
            21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n\
            30 21 0:40 / /srv rw - nfs4 box:/srv rw,vers=4.2\n\
            31 30 254:1 / /srv/local rw shared:2 master:3 - xfs /dev/vdb rw\n\
            32 21 0:41 / /srv/my\\040data rw - cifs //box/data rw\n\
            33 21 0:42 / /over rw - tmpfs tmpfs rw\n\
            34 33 0:43 / /over rw - fuse.sshfs box:/ rw\n";
        for (dir, expect) in [
            ("/var/lib/headwater", "ext4"),
            ("/srv", "nfs4"),
            ("/srv/headwater", "nfs4"),
            ("/srv/local/headwater", "xfs"),
            ("/srvant", "ext4"),
            ("/srv/my data/headwater", "cifs"),
            ("/over", "fuse.sshfs"),
        ] {
            assert_eq!(kind(mounts, Path::new(dir)), Some(expect), "{dir}");
        }
        assert_eq!(kind("", Path::new("/")), None);
        assert_eq!(remote(Path::new("/proc")), None, "what is no disk at all is none of a network");
    }
}
