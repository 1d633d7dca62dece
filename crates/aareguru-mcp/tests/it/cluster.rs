//! Several instances that share Redis.

pub(crate) mod chaos;
mod failover;
pub(crate) mod load_balancing;
pub(crate) mod redis_connection;
mod redis_failure;
mod redis_sentinel;
mod redis_tls;
mod relay;
mod rolling_restart;
pub(crate) mod shared_state;
mod slow_redis;
mod streamable;
mod streamable_resume;
