//! A real nginx with the shipped `deploy/nginx.conf`.
//!
//! Without nginx the tests that need it print a message and are skipped; with `CI=true` a skip is a
//! failure. `.ci/packages` installs it.

use std::{fs, net::SocketAddr, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    process::{Child, Command},
};

use crate::{build_directory, skip};

const SHIPPED: &str = include_str!("../../../deploy/nginx.conf");

/// A running nginx with one configuration file.
#[derive(Debug)]
pub struct Nginx {
    /// The address that it listens on.
    pub address: SocketAddr,
    _process: Child,
}

impl Nginx {
    /// Starts nginx with the shipped file, as modified by `change`, in front of these servers.
    /// `None` if nginx is not installed.
    pub async fn before(
        name: &str,
        servers: &[SocketAddr],
        change: impl Fn(String) -> String,
    ) -> Option<Self> {
        // Free at this moment; nginx cannot report a port that it has chosen itself.
        let address = {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listener.local_addr().unwrap()
        };
        let server = "server 127.0.0.1:8000 fail_timeout=1s;";
        let servers: String = servers
            .iter()
            .map(|address| server.replace("127.0.0.1:8000", &address.to_string()))
            .collect();
        let shipped = change(SHIPPED.to_owned());
        let site = replaced(&shipped, server, &servers);
        let site = replaced(&site, "listen 80;", &format!("listen {address};"));

        let folder = build_directory::temporary().join("nginx").join(name);
        fs::create_dir_all(&folder).unwrap();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {kind};\n"))
            .concat();
        let main = format!(
            "daemon off; master_process off; pid nginx.pid; error_log stderr notice;\n\
             events {{}}\nhttp {{\n{temporary}{site}\n}}\n"
        );
        fs::write(folder.join("nginx.conf"), main).unwrap();
        let started = Command::new("nginx")
            .arg("-p")
            .arg(&folder)
            .args(["-c", "nginx.conf", "-e", "stderr"])
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut process = match started {
            Ok(process) => process,
            Err(error) => {
                skip(&format!("nginx: {error}"));
                return None;
            }
        };
        // nginx logs this line once it listens.
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        loop {
            let line = lines.next_line().await.unwrap();
            let line = line.unwrap_or_else(|| panic!("nginx ended: {said:#?}"));
            let listens = line.contains("using the");
            said.push(line);
            if listens {
                break;
            }
        }
        // Keep reading: a full pipe would block nginx.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Some(Self {
            address,
            _process: process,
        })
    }
}

/// Replaces a part of the file that must be in it.
#[track_caller]
pub fn replaced(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "`{old}` is not in deploy/nginx.conf");
    text.replace(old, new)
}
