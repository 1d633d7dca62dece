//! A rolling restart of all instances behind nginx while clients call and resume: no call is lost,
//! and no rejected call runs.

use crate::{
    load_balancing::{has_worked, is_long},
    cluster::until,
    cluster_chaos::{INSTANCES, Storm},
    interop::{MACHINE, say},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accepted_calls_are_answered_once_during_a_rolling_restart_behind_nginx() {
    let Some(mut storm) = Storm::begin_behind_nginx("rolling-sse").await else {
        return;
    };
    let _machine = MACHINE.lock().await;
    let rounds = if is_long() { 10 } else { 2 };
    for instance in (0..INSTANCES).cycle().take(INSTANCES * rounds) {
        let before = storm.resumed();
        storm.cluster.restart(instance).await;
        // Before the next restart, the disconnected clients have resumed, and nginx uses the
        // instance again.
        let address = storm.cluster.address(instance);
        until(async || storm.resumed() > before && has_worked(address).await).await;
    }
    say(&format!(
        "rolling restart behind nginx: {}",
        storm.end().await
    ));
}
