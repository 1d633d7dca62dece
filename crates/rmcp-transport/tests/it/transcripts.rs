//! The recorded responses of the reference server, compared with ours.

mod recording;
mod replay;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use self::{recording::Facts, replay::Replay};

/// Why some of our responses differ from the reference.
struct Difference {
    /// The numbers of the affected cases.
    cases: &'static str,
    /// Our value where it differs: status, body, headers, and events. `null` where we have none.
    ours: Value,
    why: &'static str,
}

fn differences() -> Vec<Difference> {
    vec![
        Difference {
            cases: "01 02 05 08 11 15 62 70c",
            ours: json!({"endpoint": ["/messages?session_id={id}"]}),
            why: "the path has no trailing slash by default, and is served with one, too",
        },
        Difference {
            cases: "60",
            ours: json!({"endpoint": ["/prefix/messages?session_id={id}"]}),
            why: "likewise below a mount",
        },
        Difference {
            cases: "61 61c",
            ours: json!({"endpoint": ["/mounted/messages?session_id={id}"]}),
            why: "likewise below a prefix",
        },
        Difference {
            cases: "06 07 08b 09 20 21 21b 22 23 24 25 26 27 27b 27c 28 29 30 30b 30c 30d 31 \
                    32 33 33b 34 34a 34b 35 36 37 38 39 40 41 41b 41c 41d 42 43 44 45 46 47 47b \
                    48 49 62b 71 72 80b 81 81b 81c 82 82b 83",
            ours: json!({"content-type": "text/plain; charset=utf-8"}),
            why: "plain text is labelled as such",
        },
        Difference {
            cases: "23 24 25 28 34 34a 34b 36 37 38 39 40 41c 41d 42 45 71 81 81c",
            ours: json!({"message fields": "event data id"}),
            why: "a client that lost its stream names the last id it saw, and gets the rest",
        },
        Difference {
            cases: "02",
            ours: json!({"comments": [": ping", ": ping"]}),
            why: "what keeps a connection alive are the bytes, not the time in them",
        },
        Difference {
            cases: "10",
            ours: json!({
                "status": "200",
                "body": "",
                "content-type": "text/event-stream; charset=utf-8",
                "cache-control": "no-store",
                "x-accel-buffering": "no",
                "endpoint": ["/messages?session_id={id}"],
                "endpoint fields": "event data",
            }),
            why: "this machine's names are accepted with any port or none, which means port 80",
        },
        Difference {
            cases: "12 48",
            ours: json!({"status": "403", "body": "Invalid Origin header", "allow": null}),
            why: "`Host` and `Origin` are checked first, whatever the method; preflights are \
                  answered by a CORS layer in front",
        },
        Difference {
            cases: "14",
            ours: json!({
                "status": "200",
                "location": null,
                "content-type": "text/event-stream; charset=utf-8",
                "cache-control": "no-store",
                "x-accel-buffering": "no",
                "endpoint": ["/messages?session_id={id}"],
                "endpoint fields": "event data",
            }),
            why: "a trailing slash is served without a redirect",
        },
        Difference {
            cases: "25",
            ours: json!({
                "status": "202",
                "body": "Accepted",
                "message": [
                    {"jsonrpc": "2.0", "id": 0, "result": {"protocolVersion": "2024-11-05"}},
                ],
            }),
            why: "`sessionId`, as used by the TypeScript SDK, is accepted, too",
        },
        Difference {
            cases: "27c",
            ours: json!({
                "status": "400",
                "body": "Invalid Content-Type header",
                "message": null,
                "message fields": null,
            }),
            why: "the media type is compared as a whole, not by how it starts",
        },
        Difference {
            cases: "30c 30d",
            ours: json!({"status": "400", "body": "Could not parse message"}),
            why: "MCP has no such ids; the reference drops the request, and its client waits",
        },
        Difference {
            cases: "41d",
            ours: json!({"message": [{"jsonrpc": "2.0", "id": 60, "error": {"code": -32022}}]}),
            why: "revision 2026-07-28 has a code for a version that is not supported",
        },
        Difference {
            cases: "43 44",
            ours: json!({"body": "Method Not Allowed"}),
            why: "both paths refuse a method with the same text",
        },
        Difference {
            cases: "45",
            ours: json!({
                "status": "202",
                "body": "Accepted",
                "location": null,
                "message": [{"jsonrpc": "2.0", "id": 7, "result": {}}],
            }),
            why: "the path is served with and without the slash, without a redirect",
        },
        Difference {
            cases: "47b",
            ours: json!({
                "status": "403",
                "body": "Invalid Origin header",
                "message": null,
                "message fields": null,
            }),
            why: "origins are parsed and compared by their parts, not by how they start",
        },
        Difference {
            cases: "49",
            ours: json!({"status": "202", "body": "Accepted"}),
            why: "a session is kept for `resume_grace` after its client has disconnected",
        },
        Difference {
            cases: "81c",
            ours: json!({
                "status": "400",
                "body": "Request id is already in use",
                "message": [{
                    "jsonrpc": "2.0",
                    "id": 10,
                    "result": {"content": [{"type": "text", "text": "done"}], "isError": false},
                }],
            }),
            why: "two responses with one id cannot be distinguished",
        },
    ]
}

#[tokio::test]
async fn responses_match_the_reference_except_listed_differences() {
    let mut listed = BTreeMap::new();
    for Difference { cases, ours, why } in differences() {
        for case in cases.split_whitespace() {
            for (what, ours) in ours.as_object().unwrap() {
                let before = listed.insert((case, what.clone()), (ours.clone(), why));
                assert!(before.is_none(), "{case}, {what}: listed twice");
            }
        }
    }
    let mut wrong = Vec::new();
    for conversation in recording::conversations() {
        let mut replay = Replay::start(&conversation.settings).await;
        for case in &conversation.cases {
            let reference = case.reference().facts();
            let ours = replay.replay(case).await.facts();
            for (what, reference, ours) in differing(&reference, &ours) {
                match listed.remove(&(case.number, what.to_owned())) {
                    Some((expected, _)) if expected == ours => {}
                    _ => wrong.push(format!(
                        "{}, {what}: the reference has {reference}, we have {ours}",
                        case.number
                    )),
                }
            }
        }
    }
    for ((case, what), (ours, why)) in listed {
        wrong.push(format!(
            "{case}, {what}: {ours} is listed, because {why}; there is no such difference"
        ));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Returns the differing facts: name and both values.
fn differing<'a>(reference: &'a Facts, ours: &'a Facts) -> Vec<(&'a str, Value, Value)> {
    let names = reference.keys().chain(ours.keys()).collect::<BTreeSet<_>>();
    let value = |facts: &Facts, name: &str| facts.get(name).cloned().unwrap_or_default();
    names
        .into_iter()
        .map(|name| (name.as_str(), value(reference, name), value(ours, name)))
        .filter(|(_, reference, ours)| reference != ours)
        .collect()
}
