//! Where connections come from: a TCP port, a Unix socket, or sockets that
//! systemd has opened for us.

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

/// A peer that is gone without a word is noticed after 60 + 3 × 15 s.
const TCP_KEEP_ALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(60))
    .with_interval(Duration::from_secs(15))
    .with_retries(3);

/// One place where connections come in.
#[derive(Debug)]
pub enum Listener {
    /// A TCP port.
    Tcp(TcpListener),
    /// A Unix socket, and its file if it is ours.
    Unix(UnixListener, Option<SocketFile>),
}

/// The bytes of a connection.
pub(super) type Stream = Either<TcpStream, UnixStream>;

/// The file of a Unix socket that we have made; dropping it removes it.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    inode: u64,
}

/// Who may connect to a Unix socket, as the permissions of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketMode(u32);

/// Sockets that were opened for us (`LISTEN_FDS`).
pub struct Inherited(ListenFd);

impl Listener {
    /// Listens on a TCP port, which `setting` names.
    ///
    /// # Errors
    ///
    /// The port is taken, or the address is none of this machine.
    pub async fn tcp(address: &str, setting: &str) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address} ({setting})"))?;
        Ok(Self::prepared(listener))
    }

    /// Listens on a Unix socket at `path`. A file that a process left behind
    /// which is not there any more is replaced.
    ///
    /// # Errors
    ///
    /// Somebody listens there, or the file is something else, or cannot be
    /// made.
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

    /// The address of a TCP port.
    pub fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            Self::Unix(..) => None,
        }
    }

    /// Connections inherit both options from their listener. Events are small
    /// and must not wait for more.
    fn prepared(listener: TcpListener) -> Self {
        let socket = SockRef::from(&listener);
        let prepared = socket
            .set_tcp_nodelay(true)
            .and_then(|()| socket.set_tcp_keepalive(&TCP_KEEP_ALIVE));
        if let Err(error) = prepared {
            tracing::warn!(%error, "TCP_NODELAY and keep-alive not set");
        }
        Self::Tcp(listener)
    }

    /// The next connection, with the address of its other end unless it is a Unix socket.
    pub(super) async fn accept(&self) -> io::Result<(Stream, Option<IpAddr>)> {
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

impl fmt::Debug for Inherited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inherited({})", self.0.len())
    }
}

impl Inherited {
    /// Takes them from the environment, which it changes: to be called before
    /// there are other threads.
    pub fn take() -> Self {
        Self(ListenFd::from_env())
    }

    /// All of them; none, if none were opened for us.
    ///
    /// # Errors
    ///
    /// One is no listening stream socket.
    pub fn listeners(mut self) -> anyhow::Result<Vec<Listener>> {
        (0..self.0.len())
            .map(|n| {
                self.listener(n)
                    .with_context(|| format!("using socket {n} of LISTEN_FDS"))
            })
            .collect()
    }

    fn listener(&mut self, n: usize) -> anyhow::Result<Listener> {
        if let Ok(Some(listener)) = self.0.take_tcp_listener(n) {
            listener.set_nonblocking(true)?;
            return Ok(Listener::prepared(TcpListener::from_std(listener)?));
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

/// Removes the socket of a process that is gone.
fn remove_stale(path: &Path) -> anyhow::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
        Ok(file) if !file.file_type().is_socket() => {
            bail!("there is a file that is no socket; remove it, or name another path")
        }
        Ok(_) => {}
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).context("removing what another process left")
        }
        Err(error) => Err(error).context("there is a socket that cannot be asked"),
        Ok(_) => bail!("another process is listening there"),
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Unless somebody else has put theirs in its place.
        let is_ours = fs::metadata(&self.path).is_ok_and(|file| file.ino() == self.inode);
        if is_ours && let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "socket file not removed");
        }
    }
}

impl FromStr for SocketMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mode: Result<u32, ParseIntError> = u32::from_str_radix(text, 8);
        match mode {
            Ok(mode) if mode <= 0o777 && !text.starts_with('+') => Ok(Self(mode)),
            _ => Err("permissions are three octal digits, such as 660".to_owned()),
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
    async fn connections_have_the_options_of_their_listener() {
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
    fn a_mode_is_octal() {
        assert_eq!("660".parse(), Ok(SocketMode(0o660)));
        assert_eq!(SocketMode(0o60).to_string(), "060");
        for text in ["", "8", "+660", "1777", "rw-rw----"] {
            text.parse::<SocketMode>().unwrap_err();
        }
    }
}
