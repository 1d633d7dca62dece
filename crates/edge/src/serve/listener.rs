//! Listens on a TCP port, on a Unix socket, or on sockets passed by systemd.

use std::{
    fmt, fs, io,
    net::{IpAddr, SocketAddr},
    num::ParseIntError,
    os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use anyhow::{Context, bail};
use listenfd::ListenFd;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio_util::either::Either;

/// Detects a vanished peer after 60 + 3 × 15 s.
const TCP_KEEP_ALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(60))
    .with_interval(Duration::from_secs(15))
    .with_retries(3);

/// A source of connections.
#[derive(Debug)]
pub enum Listener {
    /// A TCP port.
    Tcp(TcpListener),
    /// A Unix socket, and its file if this process created it.
    Unix(UnixListener, Option<SocketFile>),
}

/// The byte stream of a connection.
pub(super) type SocketStream = Either<TcpStream, UnixStream>;

/// The file of a Unix socket that this process created. Dropping it removes the file.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    inode: u64,
}

/// The permissions of a Unix socket's file, which decide who may connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketMode(u32);

/// Listening sockets inherited from systemd (`LISTEN_FDS`).
pub struct InheritedSockets(ListenFd);

impl Listener {
    /// Listens on a TCP port. `setting` names its settings in errors.
    ///
    /// # Errors
    ///
    /// The port is in use, or the address is not one of this machine.
    pub async fn tcp(address: &str, setting: &str) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address} ({setting})"))?;
        Ok(Self::with_socket_options(listener))
    }

    /// Listens on a Unix socket at `path`, and replaces the socket file of a process that no longer
    /// runs.
    ///
    /// # Errors
    ///
    /// Another process listens there, the file is not a socket, or it cannot be created.
    pub fn unix(path: &Path, mode: SocketMode) -> anyhow::Result<Self> {
        let shown = path.display();
        let setting = || format!("cannot listen on {shown} (HTTP_SOCKET)");
        remove_stale(path).with_context(setting)?;
        let listener = UnixListener::bind(path).with_context(setting)?;
        let inode = fs::metadata(path).with_context(setting)?.ino();
        let file = SocketFile {
            path: path.to_owned(),
            inode,
        };
        fs::set_permissions(path, fs::Permissions::from_mode(mode.0)).with_context(setting)?;
        Ok(Self::Unix(listener, Some(file)))
    }

    /// Returns the address of a TCP listener.
    pub fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            Self::Unix(..) => None,
        }
    }

    /// Sets `TCP_NODELAY`, because events are small and must not wait for more data, and TCP
    /// keep-alive. Accepted connections inherit both options.
    fn with_socket_options(listener: TcpListener) -> Self {
        let socket = SockRef::from(&listener);
        let result = socket
            .set_tcp_nodelay(true)
            .and_then(|()| socket.set_tcp_keepalive(&TCP_KEEP_ALIVE));
        if let Err(error) = result {
            tracing::warn!(%error, "cannot set TCP_NODELAY and TCP keep-alive");
        }
        Self::Tcp(listener)
    }

    /// Accepts a connection, and returns it with the address of its peer unless it is a Unix socket.
    pub(super) async fn accept(&self) -> io::Result<(SocketStream, Option<IpAddr>)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                Ok((Either::Left(stream), Some(peer.ip())))
            }
            Self::Unix(listener, _) => {
                let (stream, _) = listener.accept().await?;
                Ok((Either::Right(stream), None))
            }
        }
    }
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = match self {
            Self::Tcp(listener) => match listener.local_addr() {
                Ok(address) => return write!(f, "{address}"),
                Err(_) => return f.write_str("a closed socket"),
            },
            Self::Unix(listener, _) => listener.local_addr(),
        };
        match path.as_ref().ok().and_then(|address| address.as_pathname()) {
            Some(path) => write!(f, "unix:{}", path.display()),
            None => f.write_str("unix"),
        }
    }
}

impl fmt::Debug for InheritedSockets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InheritedSockets({})", self.0.len())
    }
}

impl InheritedSockets {
    /// Takes the sockets, and removes their variables from the environment. Must be called while
    /// the process has a single thread.
    pub fn take() -> Self {
        Self(ListenFd::from_env())
    }

    /// Converts the sockets to listeners; empty if there are none.
    ///
    /// # Errors
    ///
    /// A socket is not a listening stream socket.
    pub fn listeners(mut self) -> anyhow::Result<Vec<Listener>> {
        (0..self.0.len())
            .map(|n| {
                self.listener(n)
                    .with_context(|| format!("cannot use socket {n} of LISTEN_FDS"))
            })
            .collect()
    }

    fn listener(&mut self, n: usize) -> anyhow::Result<Listener> {
        if let Ok(Some(listener)) = self.0.take_tcp_listener(n) {
            listener.set_nonblocking(true)?;
            let listener = TcpListener::from_std(listener)?;
            return Ok(Listener::with_socket_options(listener));
        }
        match self.0.take_unix_listener(n) {
            Ok(Some(listener)) => {
                listener.set_nonblocking(true)?;
                Ok(Listener::Unix(UnixListener::from_std(listener)?, None))
            }
            _ => bail!("it is neither a TCP nor a Unix stream socket"),
        }
    }
}

/// Removes the socket file of a process that no longer runs.
fn remove_stale(path: &Path) -> anyhow::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
        Ok(file) if !file.file_type().is_socket() => {
            bail!("the file exists and is not a socket: remove it, or choose another path")
        }
        Ok(_) => {}
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).context("cannot remove the stale socket")
        }
        Err(error) => Err(error).context("cannot determine whether the existing socket is in use"),
        Ok(_) => bail!("another process is listening on it"),
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Another process may have replaced the file.
        let is_ours = fs::metadata(&self.path).is_ok_and(|file| file.ino() == self.inode);
        if is_ours && let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "cannot remove the socket file");
        }
    }
}

impl FromStr for SocketMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mode: Result<u32, ParseIntError> = u32::from_str_radix(text, 8);
        match mode {
            Ok(mode) if mode <= 0o777 && !text.starts_with('+') => Ok(Self(mode)),
            _ => Err("expected permissions as three octal digits, such as 660".to_owned()),
        }
    }
}

impl fmt::Display for SocketMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03o}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn accepted_connections_inherit_socket_options() {
        let listener = Listener::tcp("127.0.0.1:0", "").await.unwrap();
        let address = listener.address().unwrap();
        let (_client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        let Either::Left(stream) = accepted.unwrap().0 else {
            panic!("not TCP");
        };
        assert!(stream.nodelay().unwrap());
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        assert_eq!(
            socket.tcp_keepalive_time().unwrap(),
            Duration::from_secs(60)
        );
    }

    #[test]
    fn socket_mode_is_octal() {
        assert_eq!("660".parse(), Ok(SocketMode(0o660)));
        assert_eq!(SocketMode(0o60).to_string(), "060");
        for text in ["", "8", "+660", "1777", "rw-rw----"] {
            text.parse::<SocketMode>().unwrap_err();
        }
    }
}
