//! The documents and the files in `deploy/` match the program.

mod architecture;
pub(crate) mod deploy;
#[cfg(feature = "redis")]
mod deploy_monitoring;
mod readme;
mod security;
