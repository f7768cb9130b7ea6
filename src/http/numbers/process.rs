//! What the kernel says of this process, from `/proc`.

use std::fs;

/// Clock ticks a second in `/proc`: 100 on every Linux that user space sees.
const TICKS: f64 = 100.0;

/// Figures of this process; `None` where `/proc` is not there or hides them.
#[derive(Debug, Default)]
pub(super) struct Process {
    /// Resident memory, bytes.
    pub resident_bytes: Option<u64>,
    /// Open descriptors.
    pub open_fds: Option<usize>,
    /// Processor time in user and kernel mode, seconds.
    pub cpu_seconds: Option<f64>,
    /// Threads.
    pub threads: Option<u64>,
}

impl Process {
    pub(super) fn read() -> Process {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find_map(|l| l.strip_prefix(name))?;
            line.trim_start_matches(':').split_whitespace().next()?.parse::<u64>().ok()
        };
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        Process {
            resident_bytes: field("VmRSS").map(|kib| kib * 1024),
            // Reading the folder takes a descriptor itself.
            open_fds: fs::read_dir("/proc/self/fd").ok().map(|dir| dir.count().saturating_sub(1)),
            cpu_seconds: cpu_ticks(&stat).map(|ticks| ticks as f64 / TICKS),
            threads: field("Threads"),
        }
    }
}

/// User and system time of a `/proc/<pid>/stat` line, whose second field (the program's name) may hold anything.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_figures_are_found() {
        let process = Process::read();
        assert!(process.resident_bytes.unwrap() > 1 << 20 && process.open_fds.unwrap() > 2);
        assert!(process.cpu_seconds.is_some() && process.threads.unwrap() >= 1);
    }

    #[test]
    fn a_strange_program_name_does_not_shift_the_fields() {
        assert_eq!(cpu_ticks("1 (a ) b) S 1 2 3 4 5 6 7 8 9 10 70 7 0 0"), Some(77));
        assert_eq!(cpu_ticks(""), None);
    }
}
