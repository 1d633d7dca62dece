//! What the process takes from its machine, read at each scrape. The names are
//! those of Prometheus' own client libraries. For Linux, which is
//! where it is told in files.

use std::fmt::Write;

/// Adds the numbers to `text`. What cannot be read is left out.
pub(super) fn render(text: &mut String) {
    // Only our own /proc is read: an error means that there is none.
    let Ok(process) = procfs::process::Process::myself() else {
        return;
    };
    if let Ok(stat) = process.stat() {
        let ticks_per_second = procfs::ticks_per_second() as f64;
        let cpu_seconds = (stat.utime + stat.stime) as f64 / ticks_per_second;
        let resident_bytes = stat.rss * procfs::page_size();
        add(text, CPU, cpu_seconds);
        add(text, RESIDENT, resident_bytes as f64);
        add(text, VIRTUAL, stat.vsize as f64);
        add(text, THREADS, stat.num_threads as f64);
        if let Some(started) = started_at(stat.starttime as f64 / ticks_per_second) {
            add(text, STARTED, started);
        }
    }
    if let Ok(open) = process.fd_count() {
        add(text, OPEN_FDS, open as f64);
    }
    if let Ok(limits) = process.limits()
        && let procfs::process::LimitValue::Value(most) = limits.max_open_files.soft_limit
    {
        add(text, MAX_FDS, most as f64);
    }
}

/// Name, type and meaning of one number.
type Metric = (&'static str, &'static str, &'static str);

const CPU: Metric = (
    "process_cpu_seconds_total",
    "counter",
    "User and system CPU time spent, in seconds",
);
const RESIDENT: Metric = ("process_resident_memory_bytes", "gauge", "Resident memory");
const VIRTUAL: Metric = ("process_virtual_memory_bytes", "gauge", "Virtual memory");
const THREADS: Metric = ("process_threads", "gauge", "Threads of the process");
const STARTED: Metric = (
    "process_start_time_seconds",
    "gauge",
    "When the process started, in Unix seconds",
);
const OPEN_FDS: Metric = ("process_open_fds", "gauge", "Open file descriptors");
const MAX_FDS: Metric = (
    "process_max_fds",
    "gauge",
    "The most file descriptors that may be open",
);

fn add(text: &mut String, (name, kind, meaning): Metric, value: f64) {
    let lines = format_args!("# HELP {name} {meaning}\n# TYPE {name} {kind}\n{name} {value}\n\n");
    text.write_fmt(lines).expect("a string takes everything");
}

/// Unix seconds of a time that is told from the start of the machine.
fn started_at(seconds_after_boot: f64) -> Option<f64> {
    let boot = procfs::boot_time_secs().ok()?;
    Some(boot as f64 + seconds_after_boot)
}
