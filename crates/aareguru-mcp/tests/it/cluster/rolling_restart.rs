//! A rolling restart of all instances behind nginx while clients call and resume: no call is lost,
//! and no rejected call runs.

use testkit::{report, wait_until};

use crate::{
    cluster::chaos::{ClusterLoad, INSTANCES},
    cluster::load_balancing::{has_served_messages, is_long},
    transport::interop::MACHINE,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accepted_calls_are_answered_once_during_a_rolling_restart_behind_nginx() {
    let Some(mut load) = ClusterLoad::start_behind_nginx("rolling-sse").await else {
        return;
    };
    let _machine = MACHINE.lock().await;
    let rounds = if is_long() { 10 } else { 2 };
    for instance in (0..INSTANCES).cycle().take(INSTANCES * rounds) {
        let before = load.resumed();
        load.cluster.restart(instance).await;
        // Before the next restart, the disconnected clients have resumed, and nginx uses the
        // instance again.
        let address = load.cluster.address(instance);
        wait_until(async || load.resumed() > before && has_served_messages(address).await).await;
    }
    report(&format!(
        "rolling restart behind nginx: {}",
        load.end().await
    ));
}
