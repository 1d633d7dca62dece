//! Resources of this process, read at each scrape. The names are those of Prometheus' own client
//! libraries. For Linux, where they are in files.

use std::fmt::Write;

use procfs::process::{LimitValue, Process};

/// Adds the metrics to `text`, without those that cannot be read.
pub(super) fn render(text: &mut String) {
    // Only our own /proc is read: an error means that there is none.
    let Ok(process) = Process::myself() else {
        return;
    };
    let mut add = |name: &str, kind: &str, meaning: &str, value: f64| {
        let lines =
            format_args!("# HELP {name} {meaning}\n# TYPE {name} {kind}\n{name} {value}\n\n");
        text.write_fmt(lines).expect("a string takes everything");
    };
    if let Ok(stat) = process.stat() {
        let ticks_per_second = procfs::ticks_per_second() as f64;
        let cpu_seconds = (stat.utime + stat.stime) as f64 / ticks_per_second;
        let resident_bytes = (stat.rss * procfs::page_size()) as f64;
        let meaning = "User and system CPU time spent, in seconds";
        add("process_cpu_seconds_total", "counter", meaning, cpu_seconds);
        let name = "process_resident_memory_bytes";
        add(name, "gauge", "Resident memory", resident_bytes);
        let name = "process_virtual_memory_bytes";
        add(name, "gauge", "Virtual memory", stat.vsize as f64);
        let meaning = "Threads of the process";
        add("process_threads", "gauge", meaning, stat.num_threads as f64);
        if let Ok(boot) = procfs::boot_time_secs() {
            let started = boot as f64 + stat.starttime as f64 / ticks_per_second;
            let meaning = "When the process started, in Unix seconds";
            add("process_start_time_seconds", "gauge", meaning, started);
        }
    }
    if let Ok(open) = process.fd_count() {
        let meaning = "Open file descriptors";
        add("process_open_fds", "gauge", meaning, open as f64);
    }
    if let Ok(limits) = process.limits()
        && let LimitValue::Value(max) = limits.max_open_files.soft_limit
    {
        let meaning = "The most file descriptors that may be open";
        add("process_max_fds", "gauge", meaning, max as f64);
    }
}
