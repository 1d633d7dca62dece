//! Metrics of the process's resources, read from `/proc` at each scrape. The names are those of the
//! official Prometheus client libraries.

use std::fmt::Write;

use procfs::process::{LimitValue, Process};

/// Appends the metrics to `text`, except those that cannot be read.
pub(super) fn render(text: &mut String) {
    let Ok(process) = Process::myself() else {
        return;
    };
    let mut add = |name: &str, kind: &str, help: &str, value: f64| {
        let lines = format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n\n");
        text.write_fmt(lines)
            .expect("writing to a string never fails");
    };
    if let Ok(stat) = process.stat() {
        let ticks_per_second = procfs::ticks_per_second() as f64;
        let cpu_seconds = (stat.utime + stat.stime) as f64 / ticks_per_second;
        let resident_bytes = (stat.rss * procfs::page_size()) as f64;
        let help = "User and system CPU time spent, in seconds";
        add("process_cpu_seconds_total", "counter", help, cpu_seconds);
        let name = "process_resident_memory_bytes";
        add(name, "gauge", "Resident memory", resident_bytes);
        let name = "process_virtual_memory_bytes";
        add(name, "gauge", "Virtual memory", stat.vsize as f64);
        let help = "Threads of the process";
        add("process_threads", "gauge", help, stat.num_threads as f64);
        if let Ok(boot) = procfs::boot_time_secs() {
            let started = boot as f64 + stat.starttime as f64 / ticks_per_second;
            let help = "Start time of the process, in Unix seconds";
            add("process_start_time_seconds", "gauge", help, started);
        }
    }
    if let Ok(open) = process.fd_count() {
        let help = "Open file descriptors";
        add("process_open_fds", "gauge", help, open as f64);
    }
    if let Ok(limits) = process.limits()
        && let LimitValue::Value(max) = limits.max_open_files.soft_limit
    {
        let help = "Maximum number of open file descriptors";
        add("process_max_fds", "gauge", help, max as f64);
    }
}
