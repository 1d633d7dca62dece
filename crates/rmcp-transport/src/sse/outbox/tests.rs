use super::*;

const ENDPOINT: &str = "endpoint";

fn outbox(max_bytes: usize, resumable: bool) -> Outbox {
    Outbox::new(ResumeToken::random(), max_bytes, resumable)
}

fn push(outbox: &Outbox, text: &str) -> Result<(), PushError> {
    outbox.push(Message::of_text(text)).map(drop)
}

fn attach(outbox: &Outbox, seen: u64) -> StreamNumber {
    let attached = outbox.attach(ENDPOINT.into(), seen).unwrap();
    assert_eq!(
        next(outbox, attached.number),
        Poll::Ready(Some(ENDPOINT.to_owned()))
    );
    attached.number
}

/// Returns the next event, without its end.
fn next(outbox: &Outbox, stream: StreamNumber) -> Poll<Option<String>> {
    let event = outbox.poll_next(stream, &Context::from_waker(Waker::noop()));
    event.map(|event| {
        let text = String::from_utf8(event?.to_vec()).unwrap();
        Some(text.split("\r\n").next().unwrap().to_owned())
    })
}

fn gives(outbox: &Outbox, stream: StreamNumber, texts: &[&str]) {
    for &text in texts {
        assert_eq!(next(outbox, stream), Poll::Ready(Some(text.to_owned())));
    }
    assert_eq!(next(outbox, stream), Poll::Pending);
}

/// The size of an event of `n` bytes of text without an id.
const fn size(n: usize) -> usize {
    n + "\r\n\r\n".len()
}

#[test]
fn outbox_keeps_the_order_of_events() {
    let outbox = outbox(1000, false);
    push(&outbox, "a").unwrap();
    let stream = attach(&outbox, 0);
    push(&outbox, "b").unwrap();
    gives(&outbox, stream, &["a", "b"]);
    push(&outbox, "c").unwrap();
    gives(&outbox, stream, &["c"]);
}

#[test]
fn event_over_the_limit_is_rejected_until_the_client_catches_up() {
    let outbox = outbox(size(4) + size(2), false);
    let stream = attach(&outbox, 0);
    push(&outbox, "four").unwrap();
    assert_eq!(push(&outbox, "xyz"), Err(PushError::Full));
    push(&outbox, "xy").unwrap();
    assert_eq!(next(&outbox, stream), Poll::Ready(Some("four".to_owned())));
    push(&outbox, "xyz").unwrap();
    gives(&outbox, stream, &["xy", "xyz"]);
}

#[test]
fn event_larger_than_the_limit_is_sent_from_an_empty_outbox() {
    let outbox = outbox(3, false);
    let stream = attach(&outbox, 0);
    push(&outbox, "longer").unwrap();
    assert_eq!(push(&outbox, "a"), Err(PushError::Full));
    gives(&outbox, stream, &["longer"]);
    push(&outbox, "longer").unwrap();
}

#[test]
fn closed_outbox_sends_waiting_events_and_rejects_new_ones() {
    let outbox = outbox(1000, true);
    let stream = attach(&outbox, 0);
    push(&outbox, "a").unwrap();
    outbox.close();
    assert_eq!(push(&outbox, "b"), Err(PushError::Closed));
    assert_eq!(next(&outbox, stream), Poll::Ready(Some("a".to_owned())));
    assert_eq!(next(&outbox, stream), Poll::Ready(None));
    assert_eq!(outbox.attach(ENDPOINT.into(), 1), Err(ReplayGap));
}

#[test]
fn resumed_stream_starts_after_the_last_seen_event() {
    let outbox = outbox(1000, true);
    let first = attach(&outbox, 0);
    for text in ["a", "b", "c"] {
        push(&outbox, text).unwrap();
    }
    gives(&outbox, first, &["a", "b", "c"]);
    assert!(outbox.detach(first));
    push(&outbox, "d").unwrap();
    let second = attach(&outbox, 1);
    gives(&outbox, second, &["b", "c", "d"]);
}

#[test]
fn second_stream_ends_the_first_and_survives_its_end() {
    let outbox = outbox(1000, true);
    let first = attach(&outbox, 0);
    push(&outbox, "a").unwrap();
    let second = outbox.attach(ENDPOINT.into(), 0).unwrap();
    assert!(second.replaced);
    assert_eq!(next(&outbox, first), Poll::Ready(None));
    assert!(!outbox.detach(first));
    gives(&outbox, second.number, &[ENDPOINT, "a"]);
}

#[test]
fn unknown_or_forgotten_event_cannot_be_resumed_from() {
    let outbox = outbox(1000, true);
    let stream = attach(&outbox, 0);
    for text in ["a", "b"] {
        push(&outbox, text).unwrap();
    }
    gives(&outbox, stream, &["a", "b"]);
    for unknown in [3, u64::MAX] {
        assert_eq!(outbox.attach(ENDPOINT.into(), unknown), Err(ReplayGap));
    }
    outbox.drop_sent_before(Instant::now());
    assert_eq!(outbox.attach(ENDPOINT.into(), 1), Err(ReplayGap));
    let stream = attach(&outbox, 2);
    push(&outbox, "c").unwrap();
    gives(&outbox, stream, &["c"]);
}

#[test]
fn sent_events_are_dropped_for_waiting_ones() {
    let outbox = outbox(150, true);
    let stream = attach(&outbox, 0);
    for n in 0..10 {
        push(&outbox, &n.to_string()).unwrap();
        gives(&outbox, stream, &[&n.to_string()]);
    }
    assert!(outbox.log.lock().bytes <= 150);
    assert_eq!(outbox.attach(ENDPOINT.into(), 5), Err(ReplayGap));
    let stream = attach(&outbox, 8);
    gives(&outbox, stream, &["8", "9"]);
}

#[test]
fn event_seen_by_the_client_is_dropped() {
    let outbox = outbox(1000, true);
    let stream = attach(&outbox, 0);
    push(&outbox, "a").unwrap();
    gives(&outbox, stream, &["a"]);
    push(&outbox, "b").unwrap();
    // An event that was not sent cannot have been seen.
    outbox.acknowledge(2);
    assert_eq!(outbox.attach(ENDPOINT.into(), 0), Err(ReplayGap));
    let stream = attach(&outbox, 1);
    gives(&outbox, stream, &["b"]);
}

#[test]
fn detached_outbox_forgets_nothing() {
    let outbox = outbox(1000, true);
    let stream = attach(&outbox, 0);
    push(&outbox, "a").unwrap();
    gives(&outbox, stream, &["a"]);
    outbox.detach(stream);
    outbox.drop_sent_before(Instant::now());
    let stream = attach(&outbox, 0);
    gives(&outbox, stream, &["a"]);
}

#[tokio::test(start_paused = true)]
async fn stream_that_reads_nothing_is_stalled() {
    let limit = Duration::from_secs(30);
    let outbox = outbox(1000, true);
    let stream = attach(&outbox, 0);
    tokio::time::advance(limit * 2).await;
    push(&outbox, "a").unwrap();
    push(&outbox, "b").unwrap();
    tokio::time::advance(limit).await;
    assert!(!outbox.is_stalled(Instant::now(), limit));
    assert!(next(&outbox, stream).is_ready());
    tokio::time::advance(limit).await;
    assert!(!outbox.is_stalled(Instant::now(), limit));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(outbox.is_stalled(Instant::now(), limit));
    assert!(next(&outbox, stream).is_ready());
    tokio::time::advance(limit * 2).await;
    assert!(!outbox.is_stalled(Instant::now(), limit));
}

/// A client that remembers the last number it saw receives every event once and in order, whatever
/// is produced, dropped and resumed.
mod any_interleaving {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Step {
        Produce,
        /// The stream sends one event, and the client receives it.
        Receive,
        /// The stream sends one event, which is lost with the connection.
        Lose,
        /// The server notices that the connection has closed.
        Detach,
        Resume,
        Forget,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => Just(Step::Produce),
            4 => Just(Step::Receive),
            1 => Just(Step::Lose),
            1 => Just(Step::Detach),
            2 => Just(Step::Resume),
            1 => Just(Step::Forget),
        ]
    }

    proptest! {
        #[test]
        fn outbox_loses_and_duplicates_no_event(steps in prop::collection::vec(step(), 0..200)) {
            let outbox = outbox(usize::MAX, true);
            let mut stream = attach(&outbox, 0);
            let mut dead = false;
            let (mut produced, mut received) = (0u64, 0u64);
            for step in steps {
                match step {
                    Step::Produce => {
                        produced += 1;
                        push(&outbox, &produced.to_string()).unwrap();
                    }
                    Step::Receive if !dead => {
                        if let Poll::Ready(Some(text)) = next(&outbox, stream) {
                            received += 1;
                            prop_assert_eq!(text, received.to_string());
                        }
                    }
                    Step::Lose => {
                        dead = true;
                        let _ = next(&outbox, stream);
                    }
                    Step::Detach => {
                        dead = true;
                        outbox.detach(stream);
                    }
                    Step::Resume => {
                        stream = attach(&outbox, received);
                        dead = false;
                    }
                    // Only events that the client has certainly seen may be dropped.
                    Step::Forget if !dead => outbox.drop_sent_before(Instant::now()),
                    Step::Receive | Step::Forget => {}
                }
            }
            let stream = attach(&outbox, received);
            for expected in received + 1..=produced {
                let expected = Poll::Ready(Some(expected.to_string()));
                prop_assert_eq!(next(&outbox, stream), expected);
            }
            prop_assert_eq!(next(&outbox, stream), Poll::Pending);
        }
    }
}

#[test]
fn held_event_is_sent_after_release() {
    let outbox = outbox(1000, true);
    push(&outbox, "before").unwrap();
    outbox.hold();
    let stream = attach(&outbox, 0);
    push(&outbox, "a").unwrap();
    push(&outbox, "b").unwrap();
    gives(&outbox, stream, &["before"]);
    outbox.release(3);
    gives(&outbox, stream, &["a"]);
    // The stream ends after the held events.
    outbox.close();
    assert_eq!(next(&outbox, stream), Poll::Pending);
    outbox.release_all();
    assert_eq!(next(&outbox, stream), Poll::Ready(Some("b".to_owned())));
    assert_eq!(next(&outbox, stream), Poll::Ready(None));
}

#[test]
fn held_event_of_an_abandoned_outbox_is_dropped() {
    let outbox = outbox(1000, true);
    push(&outbox, "a").unwrap();
    outbox.hold();
    push(&outbox, "b").unwrap();
    let stream = attach(&outbox, 0);
    outbox.abandon();
    assert_eq!(outbox.waiting_bytes(), outbox.event(1).unwrap().len());
    assert_eq!(next(&outbox, stream), Poll::Ready(Some("a".to_owned())));
    assert_eq!(next(&outbox, stream), Poll::Ready(None));
}

#[test]
fn restored_outbox_continues_after_the_last_event() {
    let before = outbox(1000, true);
    for text in ["a", "b", "c"] {
        push(&before, text).unwrap();
    }
    let (events, last) = before.buffered();
    let after = Outbox::restored(before.token(), 1000, last, events[1..].to_vec());
    assert_eq!(after.attach(ENDPOINT.into(), 0), Err(ReplayGap));
    assert_eq!(after.attach(ENDPOINT.into(), 4), Err(ReplayGap));
    let stream = attach(&after, 2);
    push(&after, "d").unwrap();
    gives(&after, stream, &["c", "d"]);
    let stream = attach(&after, 1);
    gives(&after, stream, &["b", "c", "d"]);
    assert_eq!((after.first(), after.end()), (2, 5));
}
