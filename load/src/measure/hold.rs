//! Very many sessions at once, all of which still answer.
//!
//! They share a few connections for posting: HTTP does not tie a session to
//! one, and half the sockets are enough.

use tokio::task::JoinSet;

use crate::{
    client::{self, EventStream, Post},
    server::{Server, Target},
    sockets,
};

/// How many tasks open sessions and ping them, each over one connection.
const WORKERS: usize = 16;

#[derive(Debug, Default)]
pub(crate) struct Held {
    /// How many the limit on open files lets us try.
    pub(crate) tried: usize,
    /// How many were open and initialized at once, and answered a ping then.
    pub(crate) answered: usize,
    /// What the first that failed said.
    pub(crate) failure: Option<anyhow::Error>,
}

impl Held {
    /// Why fewer than `wanted` were tried, if so.
    pub(crate) fn limit(&self, wanted: usize) -> Option<String> {
        (self.tried < wanted).then(|| {
            format!(
                "{} instead of {wanted} sessions were to be held: no process may have more files \
                 open here (ulimit -Hn).",
                self.tried
            )
        })
    }
}

pub(crate) async fn run(server: &Server, wanted: usize) -> anyhow::Result<Held> {
    let mut held = Held {
        tried: sockets::sessions_within(server.max_sockets()?, 1, wanted),
        ..Held::default()
    };

    let mut opening = JoinSet::new();
    for worker in 0..WORKERS {
        let indices = (worker..held.tried).step_by(WORKERS);
        opening.spawn(open(server.target.clone(), indices));
    }
    let opened = opening.join_all().await;

    // All are open; none is closed before the last has answered.
    let mut pinging = JoinSet::new();
    for worker in opened {
        pinging.spawn(ping(worker));
    }
    for worker in pinging.join_all().await {
        held.answered += worker.answered;
        held.failure = held.failure.or(worker.failure);
    }
    Ok(held)
}

/// The sessions of one task.
#[derive(Default)]
struct Worker {
    post: Option<Post>,
    streams: Vec<EventStream>,
    answered: usize,
    // The first session that failed was the last to be tried.
    failure: Option<anyhow::Error>,
}

/// Opens sessions up to the first that fails.
async fn open(target: Target, indices: impl Iterator<Item = usize>) -> Worker {
    let mut worker = Worker::default();
    for index in indices {
        if let Err(error) = worker.open(&target, index).await {
            worker.failure = Some(error);
            break;
        }
    }
    worker
}

async fn ping(mut worker: Worker) -> Worker {
    if let Err(error) = worker.ping().await {
        worker.failure = worker.failure.or(Some(error));
    }
    worker
}

impl Worker {
    async fn open(&mut self, target: &Target, index: usize) -> anyhow::Result<()> {
        let source = client::source(index);
        let post = match &mut self.post {
            Some(post) => post,
            None => self.post.insert(Post::connect(target, source).await?),
        };
        let mut stream = EventStream::open(target, source).await?;
        client::initialize(&mut stream, post).await?;
        self.streams.push(stream);
        Ok(())
    }

    async fn ping(&mut self) -> anyhow::Result<()> {
        let Some(post) = &mut self.post else {
            return Ok(());
        };
        for stream in &mut self.streams {
            client::request(stream, post, &client::ping(1), 1).await?;
            self.answered += 1;
        }
        Ok(())
    }
}
