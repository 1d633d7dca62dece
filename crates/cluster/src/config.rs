//! The configuration of the cluster, and the error of joining it.

use std::{path::PathBuf, time::Duration};

use edge::Secret;

/// Configures the connection to Redis. Errors name the settings of aareguru-mcp.
#[derive(Debug, Clone)]
pub struct Config {
    /// The URL of Redis.
    pub url: Secret,
    /// A PEM file with the CA certificate of Redis. If unset, the CAs of the system are trusted.
    pub ca_file: Option<PathBuf>,
    /// A PEM file with the client certificate.
    pub certificate_file: Option<PathBuf>,
    /// A PEM file with the private key of the client certificate.
    pub key_file: Option<PathBuf>,
    /// The prefix of all keys in Redis. Instances with the same prefix act as one.
    pub key_prefix: String,
    /// Whether to start when Redis is unreachable, and to connect later.
    pub wait: bool,
    /// The timeout of a command and of connecting.
    pub timeout: Duration,
}

/// Why the instance cannot join the cluster. Displayed as the error that it contains.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The configuration is invalid.
    #[error("{0:#}")]
    Config(anyhow::Error),
    /// Redis is unreachable.
    #[error("{0:#}")]
    Unreachable(anyhow::Error),
}
