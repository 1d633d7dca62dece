use proptest::prelude::*;
use rmcp::model::ServerResult;

use super::*;

fn conversation() -> Conversation {
    Conversation::new(2, 100, None, MessageCounters::new(), Gauge::noop())
}

fn receive(conversation: &Conversation, text: &str) -> Received {
    conversation.receive(&Input::Text(text.to_owned().into()))
}

fn passes(conversation: &Conversation, text: &str) {
    let received = receive(conversation, text);
    assert!(matches!(received, Received::Message(_)), "{received:?}");
}

/// Code and id of the error with which it is answered.
fn refused(received: Received) -> (i32, Value) {
    let Received::Answered(answer) = received else {
        panic!("{received:?}");
    };
    let answer = serde_json::to_value(&answer).unwrap();
    let code = answer["error"]["code"].as_i64().unwrap();
    (code.try_into().unwrap(), answer["id"].clone())
}

fn ping(id: u32) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#)
}

fn answer(conversation: &Conversation, id: i64) {
    let id = RequestId::Number(id);
    conversation.sent(&JsonRpcMessage::response(ServerResult::empty(()), id));
}

fn cancel(id: u32) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{id}}}}}"#
    )
}

#[test]
fn what_is_no_message_gets_an_error() {
    let conversation = conversation();
    for (text, code, id) in [
        ("garbage", -32700, Value::Null),
        (r#"{"jsonrpc":"2.0","id":1,"#, -32700, Value::Null),
        ("\u{0}", -32700, Value::Null),
        ("[]", -32600, Value::Null),
        ("1", -32600, Value::Null),
        (
            r#"{"jsonrpc":"1.0","id":7,"method":"ping"}"#,
            -32600,
            7.into(),
        ),
        (r#"{"jsonrpc":"2.0","id":"x"}"#, -32600, "x".into()),
        (
            r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
            -32600,
            Value::Null,
        ),
    ] {
        assert_eq!(refused(receive(&conversation, text)), (code, id), "{text}");
    }
    let too_long = conversation.receive(&Input::TooLong);
    assert_eq!(refused(too_long), (-32700, Value::Null));
}

#[test]
fn before_the_beginning_only_requests_pass() {
    let conversation = conversation();
    let notification = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    let response = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    for text in [notification, response] {
        assert!(matches!(receive(&conversation, text), Received::Dropped));
    }
    passes(&conversation, &ping(1));
    conversation.begin();
    passes(&conversation, notification);
    passes(&conversation, response);
}

#[test]
fn an_id_can_be_used_again_when_it_was_answered() {
    let conversation = conversation();
    passes(&conversation, &ping(1));
    let again = receive(&conversation, &ping(1));
    assert_eq!(refused(again), (-32600, 1.into()));
    answer(&conversation, 1);
    passes(&conversation, &ping(1));
}

#[test]
fn one_request_too_many_is_refused_until_one_is_answered_or_cancelled() {
    let conversation = conversation();
    conversation.begin();
    passes(&conversation, &ping(1));
    passes(&conversation, &ping(2));
    assert_eq!(
        refused(receive(&conversation, &ping(3))),
        (-32000, 3.into())
    );
    answer(&conversation, 2);
    passes(&conversation, &ping(3));
    assert_eq!(
        refused(receive(&conversation, &ping(4))),
        (-32000, 4.into())
    );
    passes(&conversation, &cancel(1));
    passes(&conversation, &ping(4));
}

#[tokio::test]
async fn it_is_finished_when_the_last_request_is() {
    let conversation = conversation();
    passes(&conversation, &ping(1));
    tokio::join!(conversation.finish(), async {
        tokio::task::yield_now().await;
        let late = receive(&conversation, &ping(2));
        assert_eq!(refused(late), (-32000, 2.into()));
        answer(&conversation, 1);
    });
}

proptest! {
    #[test]
    fn no_input_counts_for_more_than_may_run(
        texts in prop::collection::vec(
            prop_oneof![
                "\\PC{0,20}",
                (0_u32..4).prop_map(ping),
                (0_u32..4).prop_map(cancel),
            ],
            0..40,
        ),
    ) {
        let conversation = conversation();
        conversation.begin();
        for text in texts {
            receive(&conversation, &text);
            let running = conversation.state.lock().running.len();
            prop_assert!(running <= conversation.max_in_flight);
        }
    }
}
