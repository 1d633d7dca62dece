//! Listening on a Unix socket and on sockets opened by systemd.

use std::{
    fs,
    net::TcpListener,
    os::{
        fd::OwnedFd,
        unix::fs::{FileTypeExt, PermissionsExt},
    },
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixDatagram, UnixListener, UnixStream},
    process::{Child, Command},
    time::timeout,
};

use testkit::{DEADLINE, SseSession, get, program, send, signal, with_header};

/// Returns a short path for a socket: the system limits it to about 100 bytes.
fn socket(name: &str) -> PathBuf {
    let name = format!("aareguru-mcp-{}-{name}.sock", std::process::id());
    let path = std::env::temp_dir().join(name);
    let _ = fs::remove_file(&path);
    path
}

/// Reads what the server prints until it is ready.
async fn ready(child: &mut Child) -> String {
    let mut out = BufReader::new(child.stdout.as_mut().unwrap());
    let mut banner = String::new();
    while !banner.contains("Ctrl-C") {
        let read = timeout(DEADLINE, out.read_line(&mut banner)).await;
        assert!(read.unwrap().unwrap() > 0, "ended before it was ready");
    }
    banner
}

fn on_socket(path: &Path, arguments: &[&str]) -> Child {
    program()
        .args(["serve", "--demo"])
        .args(arguments)
        .env("HTTP_SOCKET", path)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

async fn stop(child: Child) -> String {
    signal(&child, "TERM").await;
    let output = timeout(DEADLINE, child.wait_with_output()).await;
    let output = output.unwrap().unwrap();
    let logs = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{logs}");
    logs
}

#[tokio::test]
async fn unix_socket_is_served_and_removed_on_shutdown() {
    let path = socket("served");
    let mut child = on_socket(&path, &["--http-socket-mode", "600"]);
    let banner = ready(&mut child).await;
    let shown = format!("/sse on unix:{}\n", path.display());
    assert!(banner.contains(&shown), "{banner}");
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let mut stream = UnixStream::connect(&path).await.unwrap();
    let request = with_header(&get("/health"), "Connection: close");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let check = program()
        .arg("healthcheck")
        .env("HTTP_SOCKET", &path)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8(check.stdout).unwrap();
    let expected = format!("healthy: unix:{} responded 200 OK\n", path.display());
    assert_eq!((check.status.code(), said), (Some(0), expected));

    stop(child).await;
    assert!(!path.exists());
}

#[tokio::test]
async fn stale_unix_socket_is_replaced_and_one_in_use_is_not() {
    let path = socket("left");
    // Closing the listener leaves the file behind.
    drop(UnixListener::bind(&path).unwrap());
    let mut first = on_socket(&path, &[]);
    ready(&mut first).await;

    let second = on_socket(&path, &[]).wait_with_output().await.unwrap();
    assert_eq!(second.status.code(), Some(1));
    let errors = String::from_utf8(second.stderr).unwrap();
    assert!(
        errors.contains("(HTTP_SOCKET): another process is listening on it"),
        "{errors}"
    );
    assert!(fs::metadata(&path).unwrap().file_type().is_socket());
    stop(first).await;
}

#[tokio::test]
async fn socket_path_of_a_regular_file_is_not_overwritten() {
    let path = socket("file");
    fs::write(&path, "precious").unwrap();
    let output = on_socket(&path, &[]).wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("exists and is not a socket"), "{errors}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn systemd_socket_is_served_and_systemd_is_notified() {
    let notified = socket("notify");
    let systemd = UnixDatagram::bind(&notified).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // The socket is passed as standard input and moved to the file descriptor that systemd uses.
    let mut child = Command::new("bash")
        .args([
            "-c",
            "LISTEN_PID=$$ exec \"$0\" serve --demo 3<&0 0</dev/null",
        ])
        .arg(env!("CARGO_BIN_EXE_aareguru-mcp"))
        .env_clear()
        .env("LISTEN_FDS", "1")
        .env("NOTIFY_SOCKET", &notified)
        .stdin(OwnedFd::from(listener))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let banner = ready(&mut child).await;
    assert!(
        banner.contains(&format!("http://{address}/sse")),
        "{banner}"
    );

    let notification = async || {
        let mut message = [0; 100];
        let read = timeout(DEADLINE, systemd.recv(&mut message)).await;
        let length = read.unwrap().unwrap();
        String::from_utf8(message[..length].to_vec()).unwrap()
    };
    assert_eq!(notification().await.trim_end(), "READY=1");
    assert_eq!(send(address, get("/health")).await.status, 200);
    let mut session = SseSession::initialized(address).await;
    let answer = session.call_tool(1, "list_cities", "{}").await;
    assert_eq!(answer["id"], 1);
    stop(child).await;
    assert_eq!(notification().await.trim_end(), "STOPPING=1");
    fs::remove_file(&notified).unwrap();
}
