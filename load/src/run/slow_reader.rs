//! A client that asks and hardly reads: what a good one must not notice.

use std::{sync::Arc, time::Duration};

use tokio::time::{sleep, timeout};

use super::{Shared, dice::Dice};
use crate::client::Session;

/// Between two calls, and two sips of what they are answered.
const INTERVAL: Duration = Duration::from_millis(100);

/// How long it waits for a call to be taken.
const PATIENCE: Duration = Duration::from_secs(2);

/// Lives until the load stops, in one session after the other.
pub(super) async fn live(index: usize, shared: Arc<Shared>) {
    let targets = &shared.plan.targets;
    let target = &targets[index % targets.len()];
    while !shared.stop.is_cancelled() {
        let patience = shared.plan.patience;
        let opening = Session::open_slow(target, index);
        if let Ok(Ok(mut session)) = timeout(patience, opening).await {
            let living = ask_and_hardly_read(&mut session, index, &shared);
            shared.stop.run_until_cancelled(living).await;
            // The server may have ended it already.
            let _ = timeout(patience, session.close(target)).await;
        }
        if shared
            .stop
            .run_until_cancelled(sleep(INTERVAL))
            .await
            .is_some()
        {
            shared.tally.lock().slow.refused += 1;
        }
    }
}

/// Until the server has had enough.
async fn ask_and_hardly_read(session: &mut Session, index: usize, shared: &Shared) {
    let mut dice = Dice::new(index);
    for id in 1.. {
        let (_, call) = shared.plan.mix.draw(&mut dice);
        match timeout(PATIENCE, session.send(&call.request(id))).await {
            Ok(Ok(())) => shared.tally.lock().slow.calls += 1,
            Ok(Err(failure)) if failure.leaves_session() => {}
            Ok(Err(_)) => return,
            // The server does not read either, which is its good right.
            Err(_) => {}
        }
        if let Ok(false) = timeout(INTERVAL, session.swallow()).await {
            return;
        }
        sleep(INTERVAL).await;
    }
}
