//! What tells one instance from the others.

use std::{fmt, sync::Arc};

/// The id of a process: made at random when it starts, so that one that was restarted is another
/// one. It is no secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Instance(Arc<str>);

impl Instance {
    /// A new id.
    ///
    /// # Errors
    ///
    /// The system has no random numbers.
    pub fn new() -> Result<Self, getrandom::Error> {
        Ok(Self(format!("{:016x}", getrandom::u64()?).into()))
    }

    /// 16 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
