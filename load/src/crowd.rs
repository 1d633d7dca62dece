//! Very many sessions at once, of a few workers. They share a few connections
//! for posting: HTTP does not tie a session to one, and half the sockets are
//! enough.

use std::ops::Range;

use tokio::{task::JoinSet, time::Instant};

use crate::{
    client::{self, Channel, Failure, Post},
    server::Target,
};

/// How many tasks open sessions and use them, each over one connection.
pub(crate) const WORKERS: usize = 16;

#[derive(Debug)]
pub(crate) struct Crowd {
    target: Target,
    workers: Vec<Worker>,
}

/// The sessions of one task.
#[derive(Debug)]
struct Worker {
    post: Post,
    sessions: Vec<Channel>,
    done: usize,
    heard_first: Option<Instant>,
    // The first session that failed was the last to be tried.
    failure: Option<Failure>,
}

/// What all sessions are asked to do.
#[derive(Debug, Clone)]
enum Task {
    Open(Range<usize>),
    Request(u64, String),
    Hear,
}

/// How many sessions did what they were asked to.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) count: usize,
    /// When the first of them had heard what it waited for.
    pub(crate) heard_first: Option<Instant>,
    /// What the first that failed said.
    pub(crate) failure: Option<Failure>,
}

impl Done {
    /// How many, if all did.
    pub(crate) fn all(self) -> anyhow::Result<usize> {
        self.failure
            .map_or(Ok(self.count), |failure| Err(failure.into()))
    }
}

impl Crowd {
    pub(crate) fn new(target: &Target) -> Self {
        let worker = |index| Worker {
            post: Post::new(target, client::source(index)),
            sessions: Vec::new(),
            done: 0,
            heard_first: None,
            failure: None,
        };
        Self {
            target: target.clone(),
            workers: (0..WORKERS).map(worker).collect(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.workers
            .iter()
            .map(|worker| worker.sessions.len())
            .sum()
    }

    /// Opens and initializes sessions until there are `count`, or one fails.
    pub(crate) async fn grow_to(&mut self, count: usize) -> Done {
        let indices = self.len()..count;
        self.each(&Task::Open(indices)).await
    }

    /// Has each session ask something, and waits for the answers. `id` is
    /// greater than any before.
    pub(crate) async fn request(&mut self, id: u64, message: String) -> Done {
        self.each(&Task::Request(id, message)).await
    }

    /// Waits until each session has been told that a resource was updated.
    pub(crate) async fn hear(&mut self) -> Done {
        self.each(&Task::Hear).await
    }

    async fn each(&mut self, task: &Task) -> Done {
        let mut working = JoinSet::new();
        for (index, mut worker) in self.workers.drain(..).enumerate() {
            let (target, task) = (self.target.clone(), task.clone());
            working.spawn(async move {
                worker.done = 0;
                worker.heard_first = None;
                worker.failure = worker.work(index, &target, task).await.err();
                worker
            });
        }
        self.workers = working.join_all().await;
        let mut done = Done {
            count: 0,
            heard_first: None,
            failure: None,
        };
        for worker in &mut self.workers {
            done.count += worker.done;
            let firsts = done.heard_first.into_iter().chain(worker.heard_first);
            done.heard_first = firsts.min();
            done.failure = done.failure.or(worker.failure.take());
        }
        done
    }
}

impl Worker {
    async fn work(&mut self, index: usize, target: &Target, task: Task) -> Result<(), Failure> {
        match task {
            Task::Open(indices) => {
                for session in indices.skip(index).step_by(WORKERS) {
                    let source = client::source(session);
                    let channel = Channel::open(target, source, &mut self.post).await?;
                    self.sessions.push(channel);
                    self.done += 1;
                }
            }
            Task::Request(id, message) => {
                for session in &mut self.sessions {
                    session.request(&mut self.post, &message, id).await?;
                    self.done += 1;
                }
            }
            Task::Hear => {
                for session in &mut self.sessions {
                    while !session
                        .next()
                        .await?
                        .contains("notifications/resources/updated")
                    {}
                    self.heard_first.get_or_insert_with(Instant::now);
                    self.done += 1;
                }
            }
        }
        Ok(())
    }
}
